"""`python -m benchmarks.history`: how long a chart's window takes, from readings and from rollups.

A few series of one reading a second for a week are written into an empty database by COPY, rolled
up the way `manage.py maintain` does it, and asked for as the pages ask: 800 points a series.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import stack as stacks

DAYS = 7
POINTS = 800
SERIES = 4
DAY_SECONDS = 86_400
WINDOWS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
REPEATS = 40  # questions a window
REPEATS_SLOW = 5  # questions a window while all of it must come from the readings
ROLLUP_SECONDS = 900.0  # for the whole week


def fill(now: datetime, days: int, every: int) -> list[int]:
    """Write the series, a reading each `every` seconds; their ids."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings)
    from telemetry.models import Series  # noqa: PLC0415
    from telemetry.storage import store, upkeep  # noqa: PLC0415

    upkeep.make_days(now, days_back=days + 1)
    device = Device.objects.create(uid="bench-history", name="bench-history")
    ids = [Series.objects.create(device=device, metric=f"m{n}").id for n in range(SERIES)]
    end_ms = int(now.timestamp()) * 1000
    for day in range(days):
        first = end_ms - (day + 1) * DAY_SECONDS * 1000
        times = [first + 1000 * second for second in range(0, DAY_SECONDS, every)]
        values = [20 + 5 * math.sin(at / 3.6e6) + at % 977 / 1000 for at in times]
        for series_id in ids:
            times_us = [at * 1_000 for at in times]
            store.write(store.Batch([series_id] * len(times), times_us, values), "bench")
    return ids


def roll_up(now: datetime) -> float:
    """Roll up everything; seconds it took."""
    from telemetry.storage import rollups  # noqa: PLC0415 (needs the settings)

    began = time.monotonic()
    while rollups.run(now) and time.monotonic() - began < ROLLUP_SECONDS:
        pass
    return time.monotonic() - began


def ask(ids: list[int], now: datetime, days: int, repeats: int) -> dict[str, Any]:
    """Milliseconds of each window, one series a query and all of them."""
    from access.scope import EVERYTHING  # noqa: PLC0415 (needs the settings)
    from telemetry.history import reader  # noqa: PLC0415 (needs the settings)

    end_ms = int(now.timestamp()) * 1000
    found: dict[str, Any] = {}
    for name, span in WINDOWS.items():
        if span > timedelta(days=days):
            continue
        start_ms = end_ms - int(span.total_seconds()) * 1000
        for label, wanted in (("one", ids[:1]), ("all", ids)):
            took = []
            for _ in range(repeats):
                began = time.perf_counter()
                answer = reader.window(EVERYTHING, wanted, start_ms, end_ms, POINTS, now=now)
                took.append((time.perf_counter() - began) * 1000)
            took.sort()
            found[f"{name}_{label}"] = {
                "series": len(wanted),
                "points": sum(len(series["points"]) for series in answer),
                "bucket_ms": answer[0]["bucket_ms"],
                "p50_ms": round(took[len(took) // 2], 1),
                "p99_ms": round(took[math.ceil(0.99 * len(took)) - 1], 1),
            }
    return found


def measure(days: int = DAYS, every: int = 1) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running() as stack:
        from django.db import connection  # noqa: PLC0415 (needs the settings)

        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        began = time.monotonic()
        ids = fill(now, days, every)
        written = time.monotonic() - began
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reading")
        raw = ask(ids, now, days, REPEATS_SLOW)
        seconds = roll_up(now + timedelta(minutes=5))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE reading, rollup_1m, rollup_1h, rollup_1d")
        return {
            "benchmark": "history",
            "readings": days * DAY_SECONDS // every * SERIES,
            "write_seconds": round(written, 1),
            "rollup_seconds": round(seconds, 1),
            "from_readings": raw,
            "from_rollups": ask(ids, now, days, REPEATS),
            **machine.describe(stack.broker),
        }


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--every", type=int, default=1, help="seconds between two readings")
    chosen = parser.parse_args(words)
    sys.stdout.write(json.dumps(measure(chosen.days, chosen.every)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
