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
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from benchmarks import main_thread, result
from benchmarks import stack as stacks

METRICS = (("temperature", "°C"), ("humidity", "%"), ("pressure", "hPa"))
SITES = 20
KINDS = ("freezer", "pump", "air-quality", "power-meter")
HISTORY = 15 * 60  # seconds before the run …
STEP = 10  # … with a reading each so many
FRAME_MS = 1000 / 60
READY_MS = 300_000  # for the page to be there
USERNAME = "benchmark-viewer"
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


class Fleet:
    """The devices, their readings and the viewer."""

    def __init__(self, plan: Plan) -> None:
        from django.conf import settings  # noqa: PLC0415 (needs the settings, as the rest here)
        from django.contrib.auth import get_user_model  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from access.roles import Role  # noqa: PLC0415
        from devices.models import Device, Presence, Site  # noqa: PLC0415
        from telemetry.models import Series  # noqa: PLC0415

        sites = [
            Site.objects.create(slug=f"site-{n}", name=f"Benchmark site {n}") for n in range(SITES)
        ]
        lines = {"temperature": [{"value": 30, "op": "above", "label": "Too warm"}]}
        made = Device.objects.bulk_create(
            Device(
                uid=f"bench-{n:05}", name=f"Bench {n}", site=sites[n % SITES],
                kind=KINDS[n % len(KINDS)], tags=[f"row-{n % 10}"], expected_interval=10,
                metadata={"thresholds": lines},
            )
            for n in range(plan.devices)
        )  # fmt: skip
        now = timezone.now()
        Presence.objects.bulk_create(
            Presence(device=each, connection="online", connection_since=now, last_seen_at=now)
            for each in made
        )
        series = Series.objects.bulk_create(
            Series(device=each, metric=metric, unit=unit, precision=1)
            for each in made
            for metric, unit in METRICS
        )
        self.warm = {each.pk for each in made[::50]}
        self.series: dict[int, list[int]] = {}
        for each in series:
            self.series.setdefault(each.device_id, []).append(each.pk)
        self._store()
        user, _ = get_user_model().objects.get_or_create(username=USERNAME)
        user.grants.get_or_create(site=None, defaults={"role": Role.VIEWER})
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.cookie = {"name": name, "value": client.cookies[name].value}

    def value(self, device: int, number: int) -> float:
        """Within its limit, or not."""
        return 20.0 + (device + number) % 7 + (20.0 if device in self.warm else 0.0)

    def _store(self) -> None:
        from django.db import connection  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from telemetry.storage import upkeep  # noqa: PLC0415

        upkeep.make_days(timezone.now(), days_back=1)
        warm = [ids[0] for device, ids in self.series.items() if device in self.warm]
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO reading
                SELECT s.id, now() - step * make_interval(secs => %s),
                       20 + (s.id + step) %% 7 + CASE WHEN s.id = ANY(%s) THEN 20 ELSE 0 END
                FROM unnest(%s::int[]) AS s(id), generate_series(0, %s) AS step""",
                [STEP, warm, [one for ids in self.series.values() for one in ids], HISTORY // STEP],
            )


async def _publish(fleet: Fleet, stop: threading.Event) -> int:
    """Every device once a second, a tenth of them in each tenth of one."""
    from channels.layers import get_channel_layer  # noqa: PLC0415

    from telemetry.live import contract  # noqa: PLC0415

    layer, devices = get_channel_layer(), list(fleet.series)
    seqs: dict[str, int] = {}
    begun, number = time.perf_counter(), 0
    while not stop.is_set():
        await asyncio.sleep(max(0.0, begun + number / 10 - time.perf_counter()))
        at = time.time_ns() // 1_000_000
        by_group: dict[str, dict[int, list[int | float | str]]] = {}
        heard: dict[str, dict[int, int]] = {}
        for device in devices[number % 10 :: 10]:
            group = contract.shard_group(device)
            heard.setdefault(group, {})[device] = at
            for place, series in enumerate(fleet.series[device]):
                value = fleet.value(device, number) if place == 0 else 50.0 + number % 5
                by_group.setdefault(group, {})[series] = [at, value]
        for group, points in by_group.items():
            seqs[group] = seqs.get(group, 0) + 1
            await layer.group_send(group, contract.readings("benchmark", seqs[group], points))
            await layer.group_send(group, contract.heard(heard[group]))
        number += 1
    await layer.flush()
    return number


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
        fleet = Fleet(plan)
        with stack.web("config.asgi:application") as (port, _):
            stop = threading.Event()
            told = threading.Thread(target=lambda: asyncio.run(_publish(fleet, stop)))
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
