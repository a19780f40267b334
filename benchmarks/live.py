"""Live fan-out: what one frame to one socket costs, and when it arrives.

`python -m benchmarks.live --viewers 200 --rate 10 --seconds 10 --json`

A real Daphne process, a real Redis, N sockets over TCP. Publishes through the channel layer as a
bridge does, then does the same against the ordinary Channels path (benchmarks/group_consumer.py).
The last line of the output is one JSON object. Not measured: the browser, TLS, a proxy, a network.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from benchmarks import result
from benchmarks import stack as stacks
from benchmarks.websocket import Closed, WebSocket, connect

PATHS = {"hub": "config.asgi:application", "groups": "benchmarks.group_consumer:application"}
EVERY = 50  # ms between two frames of a subscription, the least a viewer may ask for
READY_SECONDS = 60.0  # for each viewer's snapshot
SETTLE_SECONDS = 30.0  # for the last frames to arrive, on a busy machine
USERNAME = "benchmark-viewer"
UID = "benchmark-live"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; printed with the result."""

    viewers: int
    rate: float  # messages published a second
    seconds: float
    series: int  # in each message, all of one device
    distinct: bool  # each viewer watches a set of its own, so that no frame is shared


@dataclass(slots=True)
class Tally:
    """What the viewers of one run saw."""

    frames: int = 0
    points: int = 0
    latencies: list[float] = field(default_factory=list)  # ms from publish to parsed frame


class Fleet:
    """The device, its series and the operator, made for the run and removed after it."""

    def __init__(self, series: int) -> None:
        from devices.models import Device  # noqa: PLC0415 (needs the settings)
        from telemetry.models import Series  # noqa: PLC0415

        self.device, _ = Device.objects.get_or_create(uid=UID, defaults={"name": UID})
        self.series = [
            Series.objects.get_or_create(device=self.device, metric=f"m{number}")[0].id
            for number in range(series)
        ]
        self.user, self.cookie = signed_in()

    def remove(self) -> None:
        self.device.delete()
        self.user.delete()


def signed_in() -> tuple[Any, str]:
    """A viewer of everything, and the cookie of a browser that this user is signed in with."""
    from django.conf import settings  # noqa: PLC0415 (needs the settings, as the rest here)
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from access.roles import Role  # noqa: PLC0415

    user, _ = get_user_model().objects.get_or_create(username=USERNAME)
    user.grants.get_or_create(site=None, defaults={"role": Role.VIEWER})
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return user, f"{name}={client.cookies[name].value}"


async def _watch(socket: WebSocket, tally: Tally) -> None:
    """Parse and acknowledge each frame, as a page does. The value of a point is its send time."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while not isinstance(payload := await socket.receive(), Closed):
            now = time.perf_counter()
            message = msgspec.json.decode(payload)
            if message["op"] != "readings":
                continue
            socket.send(f'{{"op":"ack","seq":{message["seq"]}}}')
            tally.frames += 1
            for points in message["d"].values():
                tally.points += len(points)
            tally.latencies.append((now - points[-1][1]) * 1000)


async def subscribe(socket: WebSocket, series: list[int]) -> None:
    """Ask for live series, and wait for their snapshot."""
    request = {"op": "subscribe", "id": 1, "series": series, "since": "30s", "every": EVERY}
    # The ordinary consumer is told how many shards to join; the hub ignores the field.
    socket.send(json.dumps({**request, "points": 10, "devices": 8}))
    async with asyncio.timeout(READY_SECONDS):
        while True:
            payload = await socket.receive()
            if isinstance(payload, Closed):
                raise stacks.BenchmarkFailed(f"the socket was closed with {payload.code}")
            message = msgspec.json.decode(payload)
            if message["op"] == "snapshot":
                return
            if message["op"] == "error":
                raise stacks.BenchmarkFailed(f"refused: {message}")


@contextlib.asynccontextmanager
async def _viewers(port: int, fleet: Fleet, plan: Plan) -> AsyncIterator[Tally]:
    tally, sockets, tasks = Tally(), [], []
    try:
        for number in range(plan.viewers):
            socket = await connect("127.0.0.1", port, "/ws/live/", cookie=fleet.cookie)
            sockets.append(socket)
            # A viewer that leaves out one series of its own shares no frame with another.
            left_out = number % len(fleet.series) if plan.distinct else None
            await subscribe(
                socket, [each for place, each in enumerate(fleet.series) if place != left_out]
            )
        tasks = [asyncio.create_task(_watch(socket, tally)) for socket in sockets]
        yield tally
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets))


async def _publish(fleet: Fleet, plan: Plan) -> int:
    from channels.layers import get_channel_layer  # noqa: PLC0415

    from telemetry.live import contract  # noqa: PLC0415

    layer, group = get_channel_layer(), contract.shard_group(fleet.device.id)
    begun, count = time.perf_counter(), round(plan.rate * plan.seconds)
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / plan.rate - time.perf_counter()))
        at, now = time.time_ns() // 1_000_000, time.perf_counter()
        series: dict[int, list[int | float | str]] = {each: [at, now] for each in fleet.series}
        await layer.group_send(group, contract.readings("benchmark", number + 1, series))
    return count


async def _measure(port: int, pid: int, fleet: Fleet, plan: Plan) -> dict[str, Any]:
    from channels.layers import get_channel_layer  # noqa: PLC0415

    async with _viewers(port, fleet, plan) as tally:
        cpu, begun = stacks.cpu_seconds(pid), time.perf_counter()
        published = await _publish(fleet, plan)
        deadline = time.perf_counter() + SETTLE_SECONDS
        expected = published * plan.viewers * (plan.series - (1 if plan.distinct else 0))
        while tally.points < expected and time.perf_counter() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # many sockets count into one tally, so no one event says it
        used, took = stacks.cpu_seconds(pid) - cpu, time.perf_counter() - begun
    await get_channel_layer().flush()
    return {
        "published": published,
        "frames": tally.frames,
        "points_lost": expected - tally.points,
        "frames_per_s": round(tally.frames / took, 1),
        "cpu_us_per_frame_and_socket": round(used * 1e6 / max(tally.frames, 1), 1),
        # The hub puts two messages in one frame when they come close; this counts both.
        "cpu_us_per_message_and_socket": round(used * 1e6 / (published * plan.viewers), 1),
        "cpu_cores": round(used / took, 3),
        "latency_ms": stacks.percentiles_ms(tally.latencies),
        "web_mib": round(stacks.resident_mib(pid), 1),
    }


def measure(plan: Plan) -> dict[str, Any]:
    """Both paths, one after the other, on the same servers."""
    found: dict[str, Any] = {"benchmark": "live", "plan": asdict(plan)}
    with stacks.running() as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        found["machine"] = machine.describe(stack.broker)
        fleet = Fleet(plan.series)
        try:
            for name, path in PATHS.items():
                with stack.web(path) as (port, web):
                    found[name] = asyncio.run(_measure(port, web.pid, fleet, plan))
        finally:
            fleet.remove()
    costs = [found[name]["cpu_us_per_message_and_socket"] for name in ("groups", "hub")]
    found["groups_to_hub_cpu"] = round(costs[0] / max(costs[1], 0.1), 2)
    return found


def _options(words: list[str]) -> tuple[Plan, bool]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second, up to 20")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--series", type=int, default=20, help="series of each message")
    parser.add_argument("--distinct", action="store_true", help="no two viewers watch the same")
    parser.add_argument("--json", action="store_true", help="the JSON line only")
    chosen = parser.parse_args(words)
    if chosen.series < 2 or min(chosen.viewers, chosen.rate, chosen.seconds) <= 0:
        parser.error("--series is 2 or more; the other numbers are above 0")
    plan = Plan(chosen.viewers, chosen.rate, chosen.seconds, chosen.series, chosen.distinct)
    return plan, chosen.json


def show(found: result.Result) -> None:
    for name in PATHS:
        sys.stdout.write(f"{name:>8}: {json.dumps(found[name])}\n")


def main(words: list[str]) -> int:
    plan, only_json = _options(words)
    return result.tell(lambda: measure(plan), only_json=only_json, show=show)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
