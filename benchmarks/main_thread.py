"""What a page's main thread does meanwhile: the processor time of each of its tasks, by a trace of
Chromium. Other work on the machine changes when a task ends, and hardly what it spends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

LONG_MS = 50.0
CATEGORIES = ("toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline")
POLL_MS = 100  # between two looks whether the whole trace has come


def tasks_of(page: Any, act: Callable[[], object]) -> list[float]:
    """ms of processor time of each task of the main thread while `act` runs, longest first."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.append(told))  # noqa: PLW0108 (Playwright marks it)
    wanted = {"includedCategories": list(CATEGORIES), "excludedCategories": ["*"]}
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": wanted})
    act()
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(POLL_MS)
    session.detach()
    return _tasks(events)


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    spent: dict[tuple[int, int], list[float]] = defaultdict(list)
    for each in events:
        thread = (each["pid"], each["tid"])
        if each["name"] == "RunTask" and thread in mains:
            spent[thread].append(each.get("tdur", 0) / 1000)
    # A second renderer waits for the next page and does nothing.
    return sorted(max(spent.values(), key=sum, default=[]), reverse=True)


def told(tasks: list[float], seconds: float) -> dict[str, float]:
    """As a benchmark prints it."""
    return {
        "cpu_ms_a_second": round(sum(tasks) / seconds, 1),
        "task_cpu_ms_most": round(max(tasks, default=0.0), 1),
        "tasks_over_50_ms_of_cpu": sum(one > LONG_MS for one in tasks),
    }
