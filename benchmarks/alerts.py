"""`python -m benchmarks.alerts --json`: what the engine costs, and how soon an alert is there.

10 000 targets of ten rules are judged while the bridge takes 100 000 readings a second (`--rate 0`:
all that it can), in turn with windows in which no engine runs. A device a moment is sent beyond its
limit; from the commit of its reading to that of its alert is the latency. benchmarks/README.md
explains the method; the last line printed is the result as one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import result
from benchmarks import stack as stacks
from benchmarks.commits import CommitWatch
from benchmarks.fleet_rows import count_rows, register
from benchmarks.generator import Address, Generator
from benchmarks.hot import HOT_EVERY, Hot
from benchmarks.packets import Fleet
from benchmarks.progress import Watcher, full_speed, settled, steady
from benchmarks.stack import Stack, cpu_seconds, percentiles_ms
from embedded.servers.child import Child

VALUES = 10  # of a message, one for each rule
LIMIT = 150.0  # above all that the fleet sends
READINGS_PER_S = 100_000
CAUGHT_UP_SECONDS = 120.0  # for what was committed while no engine ran
AFTERWARDS = 3.0  # seconds for the alerts of the last devices


def documents(mix: str) -> list[dict[str, Any]]:
    """The conditions of the ten rules: none holds for what the fleet sends."""
    threshold = {"type": "threshold", "op": "above", "limit": LIMIT, "clear": 140.0, "for": 60}
    hot = {"type": "threshold", "op": "above", "limit": LIMIT}
    if mix == "thresholds":
        return [hot, *[threshold] * (VALUES - 1)]
    others = [
        {"type": "rate", "op": "rises", "limit": 1_000.0, "per": 60},
        {"type": "stuck", "for": 600},
        {"type": "silent", "seconds": 60},
    ]
    return [hot, *[threshold] * (VALUES - 1 - len(others)), *others]


def make_rules(fleet: Fleet, mix: str) -> None:
    from alerts.models import AlertRule  # noqa: PLC0415 (needs the settings)

    AlertRule.objects.bulk_create(
        AlertRule(
            name=f"bench {number}", enabled=True, metric=fleet.metric(number), condition=document
        )
        for number, document in enumerate(documents(mix))
    )


@contextlib.contextmanager
def engine(stack: Stack) -> Iterator[Child]:
    """`manage.py runengine`, once it has judged all that was committed before."""
    running = stack.run("engine", "manage.py", "runengine")
    try:
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while not caught_up():
            if not running.pid or time.monotonic() > deadline:
                raise stacks.failed(running, "the engine did not catch up")
            time.sleep(0.2)
        yield running
    finally:
        running.stop()


def caught_up() -> bool:
    from alerts.engine.processes import SHARES  # noqa: PLC0415 (needs the settings)
    from telemetry.storage import commit_log  # noqa: PLC0415

    behind = [commit_log.backlog(f"alerts-{number}") for number in range(SHARES)]
    return is_judging() and not any(commits for commits, _ in behind)


def is_judging() -> bool:
    """Each share has its cursor, and was worked at lately."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    from alerts.engine.processes import SHARES  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM alerts_engineshare WHERE judged_at > now() - interval '5 seconds'"
        )
        (shares,) = cursor.fetchone()
        return bool(shares == SHARES)


def window(
    watcher: Watcher,
    generator: Generator,
    base: int,
    chosen: argparse.Namespace,
    running: Child | None,
) -> dict[str, Any]:
    """At the rate that was chosen, with an engine or without."""
    before = cpu_seconds(running.pid) if running else 0.0
    began = time.monotonic()
    if chosen.rate:
        measured = steady(watcher, generator, chosen.rate / VALUES, chosen.seconds)
    else:
        measured = full_speed(watcher, generator, base, chosen.seconds)
    took = time.monotonic() - began
    spent = cpu_seconds(running.pid) - before if running else 0.0
    watcher.wait_until_settled(base + generator.wait_until_acked(30))
    return {
        "engine": running is not None,
        "readings_per_s": round(measured.rate("readings_stored")),
        "engine_cores": round(spent / took, 3),
        "cores": {name: round(s / measured.seconds, 3) for name, s in measured.cpu().items()},
    }


def latencies(watch: CommitWatch, began_ms: int) -> list[float]:
    """Milliseconds from the commit of a reading to that of the alert it made."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reading.xmin::text::bigint, event.xmin::text::bigint"
            " FROM alerts_alertevent AS event JOIN alerts_alert AS alert ON alert.id = alert_id"
            " JOIN reading ON (reading.series_id, reading.time)"
            " = (alert.series_id, alert.started_at)"
            " WHERE event.kind = 'fired' AND alert.started_at >= to_timestamp(%s / 1000.0)",
            [began_ms],
        )
        ended = watch.ended_ms
        return [
            ended[event] - ended[reading]
            for reading, event in cursor.fetchall()
            if reading in ended and event in ended
        ]


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running(chosen.broker) as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        about = machine.describe(stack.broker)
        hot_devices = round(chosen.pairs * 2 * chosen.seconds / HOT_EVERY)
        fleet, hot_fleet = Fleet("load", chosen.devices, VALUES), Fleet("hot", hot_devices, 1)
        register(fleet)
        register(hot_fleet)
        make_rules(fleet, chosen.rules)
        hot = Hot(stack, hot_fleet, fleet.metric(0), 2 * LIMIT)
        address = Address(stack.mqtt_host, stack.mqtt_port)
        with (
            stack.bridge() as bridge,
            Generator(fleet, address) as generator,
            CommitWatch(os.environ["DATABASE_URL"]) as watch,
        ):
            watcher = Watcher(stack, bridge)
            base = settled(watcher.next())
            hot.warm()
            base = settled(watcher.wait_until_settled(base + hot_devices))
            watcher.generator = generator
            generator.allow(fleet.devices)  # a message each: the series are made here
            watcher.wait_until_settled(base + fleet.devices)
            with engine(stack):
                pass  # so that what it makes once is made
            began_ms = time.time_ns() // 1_000_000
            windows = []
            for _ in range(chosen.pairs):
                base = settled(watcher.next()) - generator.sent
                windows.append(window(watcher, generator, base, chosen, None))
                with engine(stack) as running:
                    base = settled(watcher.next()) - generator.sent
                    with hot.sending():
                        windows.append(window(watcher, generator, base, chosen, running))
                    time.sleep(AFTERWARDS)
            found = latencies(watch, began_ms)
            acked = generator.wait_until_acked(30)
        hot.end()
        stored, distinct = count_rows(fleet)
        return {
            "benchmark": "alerts",
            "targets": fleet.devices * VALUES,
            "rules": chosen.rules,
            "offered_per_s": chosen.rate or None,
            "alerts": len(found),
            "commit_to_alert_p50_ms": percentiles_ms(found)["p50"],
            "commit_to_alert_p99_ms": percentiles_ms(found)["p99"],
            "ingest_loss": loss(windows),
            "engine_cores": mean(windows, "engine_cores", engine=True),
            "readings_per_s": mean(windows, "readings_per_s", engine=True),
            "readings_per_s_without": mean(windows, "readings_per_s", engine=False),
            "windows": windows,
            "lost": acked * VALUES - distinct,
            "duplicated": stored - distinct,
            **about,
            "load_average_after": [round(load, 2) for load in os.getloadavg()],
        }


def mean(windows: list[dict[str, Any]], name: str, *, engine: bool) -> float:
    return round(statistics.fmean(one[name] for one in windows if one["engine"] is engine), 3)


def loss(windows: list[dict[str, Any]]) -> float:
    """The share of readings a second that is lost where an engine runs."""
    with_it = mean(windows, "readings_per_s", engine=True)
    return round(1 - with_it / mean(windows, "readings_per_s", engine=False), 3)


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each window")
    parser.add_argument("--pairs", type=int, default=2, help="windows without and with an engine")
    parser.add_argument("--devices", type=int, default=1_000, help="each has ten targets")
    parser.add_argument(
        "--rate", type=float, default=READINGS_PER_S, help="readings a second; 0: as many as can be"
    )
    parser.add_argument("--rules", choices=("mixed", "thresholds"), default="mixed")
    parser.add_argument("--broker", choices=("auto", "mosquitto", "iotcore"), default="auto")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    chosen = options(words)
    return result.tell(lambda: measure(chosen), only_json=chosen.json, show=result.show_each)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
