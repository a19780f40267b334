"""`python -m benchmarks.ingest --json`: what the bridge takes, what it costs, and how fast it is.

Publishers, broker, Postgres and the real bridge share this machine. benchmarks/README.md explains
the method; the last line printed is the result as one JSON object.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import result
from benchmarks import stack as stacks
from benchmarks.commits import CommitWatch, percentiles
from benchmarks.fleet_rows import count_rows, register, sent_rows
from benchmarks.generator import Address, Generator
from benchmarks.packets import Fleet
from benchmarks.progress import AHEAD, Watcher, at_rate, full_speed, settled
from benchmarks.stack import Stack, cpu_seconds
from benchmarks.stock_client import PROTOCOLS, StockClient
from embedded.servers.child import Child

LATENCY_SHARE = 0.2  # of the top rate
STOCK_SECONDS = 5.0
STOCK_AHEAD = 5_000  # messages that wait at the broker for the stock client
MATRIX = "1x1000,3x1000,50x1000,3x20000"  # values of a message x devices


@dataclass(frozen=True, slots=True)
class Plan:
    """What one leg does."""

    values: int = 3
    devices: int = 1_000
    seconds: float = 20.0
    latency_seconds: float = 10.0
    profile: str | None = None
    ahead: int = AHEAD


def leg(stack: Stack, bridge: Child, watcher: Watcher, plan: Plan) -> dict[str, Any]:
    """One fleet at full speed, then at a fifth of that; its rows are counted at the end."""
    fleet = Fleet(f"b{secrets.token_hex(3)}", plan.devices, plan.values)
    register(fleet)
    base = settled(watcher.next())
    before = watcher.samples[-1]
    with Generator(fleet, Address(stack.mqtt_host, stack.mqtt_port)) as generator:
        watcher.generator = generator
        generator.allow(plan.devices)  # a message each: the series are made here
        watcher.wait_until_settled(base + plan.devices)
        profiler = start_profile(bridge, plan) if plan.profile else None
        window = full_speed(watcher, generator, base, plan.seconds, plan.ahead)
        if profiler is not None:
            profiler.wait()
        acked = generator.wait_until_acked(30)
        watcher.wait_until_settled(base + acked)
        rate = window.rate("stored")
        latency = measure_latency(watcher, generator, base, rate * LATENCY_SHARE, plan)
        acked = generator.wait_until_acked(30)
        after = watcher.wait_until_settled(base + acked)
        sent = generator.sent
        watcher.generator = None
    stored, distinct = count_rows(fleet)
    memory = [s.rss_mib for s in watcher.samples if window.first.at <= s.at <= window.last.at]
    return {
        "values_per_message": plan.values,
        "devices": plan.devices,
        "seconds": round(window.seconds, 2),
        "messages_per_s": round(rate),
        "readings_per_s": round(window.rate("readings_stored")),
        "bridge_messages_per_cpu_s": round(window.gained("stored") / window.cpu()["bridge"]),
        "messages_per_batch": round(window.gained("stored") / max(1, window.gained("batches"))),
        "cpu_s": window.cpu(),
        "published": sent,
        "acked": acked,
        "lost": acked * plan.values - distinct,
        "duplicated": stored - distinct,
        "redelivered": after.counters["duplicate"] - before.counters["duplicate"],
        "rejected": after.counters["rejected"] - before.counters["rejected"],
        "reconnects": after.counters["reconnects"] - before.counters["reconnects"],
        "spooled_at_most": max(sample.counters["spooled"] for sample in watcher.samples),
        "live_dropped": window.gained("live_dropped"),
        "peak_rss_mib": round(max(memory), 1),
        "rss_growth_mib": growth(memory),
        **latency,
    }


def measure_latency(
    watcher: Watcher, generator: Generator, base: int, rate: float, plan: Plan
) -> dict[str, Any]:
    """Publish to commit at a steady rate: the payload's `ts` against the end of the transaction."""
    with CommitWatch(os.environ["DATABASE_URL"]) as watch:
        began, ended = at_rate(generator, rate, plan.latency_seconds)
        acked = generator.wait_until_acked(30)
        watcher.wait_until_settled(base + acked)
    found = percentiles(sent_rows(began, ended), watch.ended_ms, (0.5, 0.99, 1.0))
    half, most, worst = found or (None, None, None)
    return {
        "latency_rate_messages_per_s": round(rate),
        "latency_p50_ms": half,
        "latency_p99_ms": most,
        "latency_max_ms": worst,
    }


def growth(memory: list[float]) -> float | None:
    """Mean of the last third less the mean of the first: about 0 when memory is bounded."""
    third = len(memory) // 3
    if not third:
        return None
    return round(statistics.fmean(memory[-third:]) - statistics.fmean(memory[:third]), 1)


def start_profile(bridge: Child, plan: Plan) -> subprocess.Popen[bytes]:
    """Have py-spy sample the bridge during the window (`pip install py-spy`)."""
    words = ["py-spy", "record", "--pid", str(bridge.pid), "--output", str(plan.profile)]
    words += ["--duration", str(round(plan.seconds)), "--rate", "200", "--format", "raw", "--gil"]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 (the named tool)


def stock_leg(stack: Stack, protocol: str, plan: Plan) -> dict[str, Any]:
    """A stock client on the same broker, under the same messages on a topic the bridge ignores."""
    fleet = Fleet(f"s{secrets.token_hex(3)}", plan.devices, plan.values, root="discard")
    address = Address(stack.mqtt_host, stack.mqtt_port)
    seconds = min(STOCK_SECONDS, plan.seconds)
    with (
        StockClient(stack.mqtt_host, stack.mqtt_port, protocol, "discard/+/telemetry") as client,
        Generator(fleet, address) as generator,
    ):
        began = time.monotonic()
        cpu = received = since = 0.0
        while (elapsed := time.monotonic() - began) < 1.25 * seconds:
            generator.allow(client.received + STOCK_AHEAD)
            if not since and elapsed >= seconds / 4:
                since, cpu, received = elapsed, cpu_seconds(client.pid), client.received
            time.sleep(0.02)
        received = client.received - received
        cpu = cpu_seconds(client.pid) - cpu
    return {
        "messages_per_s": round(received / (elapsed - since)),
        "messages_per_cpu_s": round(received / cpu) if cpu else 0,
    }


def shapes(matrix: str) -> list[tuple[int, int]]:
    """The pairs of a `--matrix` word."""
    pairs = [word.split("x") for word in matrix.split(",") if word]
    return [(int(values), int(devices)) for values, devices in pairs]


def measure(plan: Plan, broker: str, matrix: str = "") -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running(broker) as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        about = machine.describe(stack.broker)
        before = {protocol: stock_leg(stack, protocol, plan) for protocol in PROTOCOLS}
        with stack.bridge() as bridge:
            watcher = Watcher(stack, bridge)
            found = leg(stack, bridge, watcher, plan)
            half = replace(
                plan,
                seconds=plan.seconds / 2,
                latency_seconds=plan.latency_seconds / 2,
                profile=None,
            )
            legs = [
                leg(stack, bridge, watcher, replace(half, values=values, devices=devices))
                for values, devices in shapes(matrix)
            ]
        # Twice, because the speed of a shared machine changes within minutes.
        after = {protocol: stock_leg(stack, protocol, plan) for protocol in PROTOCOLS}
        best = max(
            statistics.fmean(leg[protocol]["messages_per_cpu_s"] for leg in (before, after))
            for protocol in PROTOCOLS
        )
        return {
            "benchmark": "ingest",
            **found,
            "stock_client_messages_per_cpu_s": round(best),
            "ratio": round(found["bridge_messages_per_cpu_s"] / best, 2),
            "stock_client": {"before": before, "after": after},
            **({"matrix": legs} if matrix else {}),
            **about,
            "load_average_after": [round(load, 2) for load in os.getloadavg()],
        }


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the measured window")
    parser.add_argument("--latency-seconds", type=float, default=10.0)
    parser.add_argument("--values", type=int, default=3, help="readings of one message")
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--broker", choices=("auto", "mosquitto", "iotcore"), default="auto")
    parser.add_argument("--ahead", type=int, default=AHEAD, help="messages that may wait")
    parser.add_argument("--profile", metavar="FILE", help="py-spy's raw stacks of the bridge")
    parser.add_argument(
        "--matrix",
        metavar="VALUESxDEVICES,…",
        nargs="?",
        const=MATRIX,
        default="",
        help=f"more legs, half as long (without a word: {MATRIX})",
    )
    return parser.parse_args(words)


def plan_of(chosen: argparse.Namespace) -> Plan:
    return Plan(
        chosen.values,
        chosen.devices,
        chosen.seconds,
        chosen.latency_seconds,
        chosen.profile,
        chosen.ahead,
    )


def main(words: list[str]) -> int:
    chosen = options(words)
    plan = plan_of(chosen)
    return result.tell(
        lambda: measure(plan, chosen.broker, chosen.matrix),
        only_json=chosen.json,
        show=result.show_each,
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
