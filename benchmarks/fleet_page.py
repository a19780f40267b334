"""The fleet page in Chromium, with thousands of live devices: when it is there, whether it moves,
and whether it stutters while one scrolls.

`python -m benchmarks.fleet_page --devices 2000 --seconds 20 --json`

A real Daphne process, Postgres, Redis and Chromium. Each device has three series with a quarter of
an hour of readings, and each sends once a second through the channel layer, as a bridge does. One
device in fifty has a value beyond its limit. The last line is one JSON object. Not measured: a
network, other viewers, a bridge that writes beside it. With `--at URL` the page is that of a
Pulseboard that runs, whose devices come through its broker, bridge and Postgres:
`manage.py up --devices 2000`, and the operator's password in PULSEBOARD_PASSWORD.
`--minutes 10` looks at the heap again when the page has been open for so long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from benchmarks import main_thread, result, shown_fleet
from benchmarks import stack as stacks

FRAME_MS = 1000 / 60
READY_MS = 300_000  # for the page to be there
# What the page does to its viewer: tasks over 50 ms, and what moved without being asked to.
OBSERVE = """
window.measured = {tasks: [], shifts: []};
new PerformanceObserver((list) => measured.tasks.push(...list.getEntries().map((one) => [one.startTime, one.duration])))
  .observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => measured.shifts.push(...list.getEntries().map((one) => one.value)))
  .observe({type: "layout-shift", buffered: true});
"""  # noqa: E501
# How long each frame takes.
FRAMES = """
window.frames = [];
(function frame(before) {
  requestAnimationFrame((now) => {
    frames.push(now - before);
    frame(now);
  });
})(performance.now());
"""
SPEED = 3000  # px a second, by the wheel: three windows


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; printed with the result."""

    devices: int
    seconds: float  # at rest, and as long again scrolling
    layout: str  # rows or tiles
    at: str = ""  # address of one that runs; "": all of it is started here
    minutes: float = 0.0  # the page is open before its heap is looked at again


def _percentile(numbers: list[float], share: float) -> float:
    found = sorted(numbers) or [float("nan")]
    return round(found[min(len(found) - 1, int(len(found) * share))], 1)


def _sign_in(page: Any) -> None:
    """As the operator that `manage.py up` made."""
    page.goto("/login/")
    page.fill("input[name=username]", os.environ.get("PULSEBOARD_USER", "admin"))
    page.fill("input[name=password]", os.environ["PULSEBOARD_PASSWORD"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url, timeout=READY_MS)


def _heap(page: Any) -> dict[str, Any]:
    """After everything that nobody holds is gone."""
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    return {
        "open_min": round(page.evaluate("performance.now()") / 60_000, 1),
        "heap_mib": round(page.evaluate("performance.memory.usedJSHeapSize") / 2**20, 1),
        "elements": page.evaluate("document.querySelectorAll('*').length"),
    }


def _look(url: str, enter: Callable[[Any], None], plan: Plan) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from tests.chromium import CHROMIUM_OPTIONS, chromium_path  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        enter(page)
        page.add_init_script(OBSERVE)
        page.goto(f"/?layout={plan.layout}")
        page.wait_for_selector(".device .value .unit", timeout=READY_MS)
        there = page.evaluate("performance.now()")
        page.wait_for_selector("#connection[data-state=online]", timeout=READY_MS)
        seen = page.evaluate("measured")
        page.evaluate(FRAMES)
        at_rest = _frames(page, plan, 0)
        scrolling = _frames(page, plan, SPEED)
        shift = page.evaluate("measured.shifts.reduce((sum, one) => sum + one, 0)")
        problems = page.inner_text("#problems-count")
        heaps = [_heap(page)]
        if plan.minutes:
            page.evaluate("scrollTo(0, 0)")
            left = plan.minutes * 60_000 - page.evaluate("performance.now()")
            page.wait_for_timeout(max(0.0, left))
            heaps.append(_heap(page))
        browser.close()
    return {
        "first_values_ms": round(there),
        "problems": problems,
        "layout_shift": round(shift, 4),
        "loading_task_ms_most": round(
            max((ms for at, ms in seen["tasks"] if at < there), default=0)
        ),
        "at_rest": at_rest,
        "scrolling": scrolling,
        "heaps": heaps,
    }


def _frames(page: Any, plan: Plan, speed: int) -> dict[str, Any]:
    """At rest, or while the wheel turns. The frames' times are the machine's as well; the tasks'
    are the page's own."""
    page.evaluate("frames.length = measured.tasks.length = 0")
    wheel = page.context.new_cdp_session(page)
    turned = {
        "x": 700, "y": 500, "yDistance": -round(speed * plan.seconds), "speed": speed,
        "gestureSourceType": "mouse", "preventFling": True,
    }  # fmt: skip
    tasks = main_thread.tasks_of(
        page,
        lambda: (
            wheel.send("Input.synthesizeScrollGesture", turned)
            if speed
            else page.wait_for_timeout(plan.seconds * 1000)
        ),
    )
    frames = page.evaluate("frames")
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    return {
        **main_thread.told(tasks, plan.seconds),
        "frame_ms": {name: _percentile(frames, share) for name, share in shares},
        "frame_ms_most": round(max(frames), 1),
        "frames_late": round(sum(one > 2 * FRAME_MS for one in frames) / len(frames), 4),
        "long_tasks": page.evaluate("measured.tasks.length"),
    }


def measure(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = {"benchmark": "fleet_page", "plan": asdict(plan)}
    if plan.at:
        return found | _look(plan.at, _sign_in, plan)
    with stacks.running() as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        found["machine"] = machine.describe(stack.broker)
        fleet = shown_fleet.Fleet(plan.devices)
        with stack.web("config.asgi:application") as (port, _):
            stop = threading.Event()
            told = threading.Thread(target=lambda: asyncio.run(shown_fleet.publish(fleet, stop)))
            told.start()
            try:
                url = f"http://127.0.0.1:{port}"
                cookie = {**fleet.cookie, "url": url}
                found |= _look(url, lambda page: page.context.add_cookies([cookie]), plan)
            finally:
                stop.set()
                told.join()
    return found


def show(found: result.Result) -> None:
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet_page", description=__doc__)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--layout", choices=("rows", "tiles"), default="rows")
    parser.add_argument("--at", default="", metavar="URL", help="of a Pulseboard that runs")
    parser.add_argument("--minutes", type=float, default=0.0, help="to the second look at the heap")
    parser.add_argument("--json", action="store_true", help="the JSON line only")
    chosen = parser.parse_args(words)
    if min(chosen.devices, chosen.seconds) <= 0:
        parser.error("the numbers are above 0")
    words_of = vars(chosen)
    plan = Plan(**{each.name: words_of[each.name] for each in fields(Plan)})
    return result.tell(lambda: measure(plan), only_json=chosen.json, show=show)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
