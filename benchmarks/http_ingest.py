"""Telemetry over HTTP: messages one web process commits and answers, and how long a device waits.

`python -m benchmarks.http_ingest --senders 100 --seconds 10 --json`

A real Daphne process and Postgres; each sender is a device with a connection it keeps, and sends
its next message when the last was answered. The last line of the output is one JSON object.
Not measured: TLS, a proxy, a network.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks import result
from benchmarks import stack as stacks

APPLICATION = "config.asgi:application"
WARM_UP_SECONDS = 1.0  # not counted: series are made, caches filled
MIN_PAUSE = 0.021  # seconds between messages of a device: bridge.http.queue allows 50 a second
VALUES = 3  # of each message


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; printed with the result."""

    senders: int
    seconds: float


@dataclass(slots=True)
class Tally:
    """What the senders were told."""

    counting: bool = False
    sent: int = 0  # also while it does not count
    reconnected: int = 0  # a connection was closed without an answer, and its message sent again
    answers: dict[int, int] = field(default_factory=dict)  # messages by HTTP status
    latencies: list[float] = field(default_factory=list)  # ms from the request to its answer


def _devices(count: int) -> list[str]:
    """Their tokens."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings, as the rest here)

    devices = [Device(uid=f"benchmark-http-{number}", name="Benchmark") for number in range(count)]
    tokens = [device.issue_token() for device in devices]
    Device.objects.bulk_create(devices)
    return tokens


def _request(token: str, number: int) -> bytes:
    values = {f"m{place}": number + place / 8 for place in range(VALUES)}
    # A time of its own each, so that what is stored can be counted.
    body = json.dumps({"ts": time.time_ns() // 1_000_000, "values": values}).encode()
    head = (
        "POST /api/v1/telemetry/ HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _send(port: int, token: str, tally: Tally, until: float) -> None:
    """One device's messages, one after another. As a device does, it sends a message again over a
    new connection when its own was closed without an answer; how often is in the result."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        number = 0
        while time.perf_counter() < until:
            began = time.perf_counter()
            number += 1
            tally.sent += 1
            request = _request(token, number)
            writer.write(request)
            try:
                status = await _status(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                tally.reconnected += 1
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                status = await _status(reader)
            took = time.perf_counter() - began
            if tally.counting or status != 200:
                tally.answers[status] = tally.answers.get(status, 0) + 1
                tally.latencies.append(took * 1000)
            await asyncio.sleep(max(0.0, MIN_PAUSE - took))
    finally:
        writer.close()
        await writer.wait_closed()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, whose body is read away."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.split(": ", 1) for line in head.lower().splitlines()[1:] if line)
    await reader.readexactly(int(fields["content-length"]))
    return int(head.split(" ", 2)[1])


async def _run(port: int, pid: int, tokens: list[str], plan: Plan) -> dict[str, Any]:
    tally = Tally()
    until = time.perf_counter() + WARM_UP_SECONDS + plan.seconds
    senders = [asyncio.create_task(_send(port, token, tally, until)) for token in tokens]
    await asyncio.sleep(WARM_UP_SECONDS)
    cpu, began, tally.counting = stacks.cpu_seconds(pid), time.perf_counter(), True
    await asyncio.gather(*senders)
    took, used = time.perf_counter() - began, stacks.cpu_seconds(pid) - cpu
    answered = tally.answers.get(200, 0)
    return {
        "messages_per_s": round(answered / took, 1),
        "readings_per_s": round(answered * VALUES / took, 1),
        "refused": sum(tally.answers.values()) - answered,
        "sent": tally.sent,
        "reconnected": tally.reconnected,
        "web_cpu_ms_per_message": round(used * 1000 / max(answered, 1), 2),
        "latency_ms": stacks.percentiles_ms(tally.latencies),
        "web_mib": round(stacks.resident_mib(pid), 1),
    }


def measure(plan: Plan) -> dict[str, Any]:
    """On fresh servers."""
    with stacks.running() as stack:
        from django.db import connection  # noqa: PLC0415 (needs the settings)

        from benchmarks import machine  # noqa: PLC0415

        found = {"benchmark": "http_ingest", "plan": asdict(plan)}
        found["machine"] = machine.describe(stack.broker)
        tokens = _devices(plan.senders)
        with stack.web(APPLICATION) as (port, running):
            found |= asyncio.run(_run(port, running.pid, tokens, plan))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT (series_id, time)) FROM reading")
            rows, distinct = cursor.fetchone()
        found["lost"] = (found["sent"] - found["refused"]) * VALUES - distinct
        found["duplicated"] = rows - distinct
    return found


def show(found: result.Result) -> None:
    for name in ("messages_per_s", "latency_ms", "web_cpu_ms_per_message", "lost"):
        sys.stdout.write(f"{name:>24}: {found[name]}\n")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http_ingest", description=__doc__)
    parser.add_argument("--senders", type=int, default=100, help="devices, a connection each")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true", help="the JSON line only")
    chosen = parser.parse_args(words)
    if min(chosen.senders, chosen.seconds) <= 0:
        parser.error("both numbers are above 0")
    plan = Plan(chosen.senders, chosen.seconds)
    return result.tell(lambda: measure(plan), only_json=chosen.json, show=show)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
