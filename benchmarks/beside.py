"""`python -m benchmarks.beside --json`: what pages and maintenance beside the ingest cost it.

The pipeline of benchmarks.ingest, in turn alone and beside `manage.py maintain`, a web process with
viewers of live series, and questions to history. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from benchmarks import export, live, result
from benchmarks import stack as stacks
from benchmarks.fleet_rows import count_rows, register
from benchmarks.generator import Address, Generator
from benchmarks.history import POINTS
from benchmarks.ingest import LATENCY_SHARE, Plan, measure_latency
from benchmarks.load_process import STOP, LoadProcess
from benchmarks.packets import Fleet
from benchmarks.progress import Watcher, full_speed, settled, steady
from benchmarks.questions import Api
from benchmarks.stack import Stack, cpu_seconds
from benchmarks.websocket import Closed, WebSocket, connect

VALUES = 3  # of one message
WATCHED = 20  # series of each viewer
ASKED = timedelta(hours=1)  # the window of a question
FRAMES, POINTS_SEEN = 1, 2  # places in the shared array of the viewers, after STOP
MAX_QUESTIONS = 10_000  # whose times are kept
LOOK_EVERY = 0.05  # seconds between two looks at STOP


class Viewers(LoadProcess):
    """Pages that are open, in a process of their own."""

    def __init__(self, port: int, cookie: str, wanted: list[list[int]]) -> None:
        """`wanted` has the series of each."""
        super().__init__(3, _watch_all, port, cookie, wanted)

    @property
    def seen(self) -> dict[str, int]:
        return {"frames": self._shared[FRAMES], "points": self._shared[POINTS_SEEN]}


def _watch_all(shared: Any, ready: Any, port: int, cookie: str, wanted: list[list[int]]) -> None:
    asyncio.run(_watching(shared, ready, port, cookie, wanted))


async def _watching(
    shared: Any, ready: Any, port: int, cookie: str, wanted: list[list[int]]
) -> None:
    async with asyncio.TaskGroup() as tasks:
        sockets = []
        for series in wanted:
            sockets.append(await connect("127.0.0.1", port, "/ws/live/", cookie=cookie))
            await live.subscribe(sockets[-1], series)
        watching = [tasks.create_task(_watch(shared, socket)) for socket in sockets]
        ready.set()
        while not shared[STOP]:  # noqa: ASYNC110  (another process sets it)
            await asyncio.sleep(LOOK_EVERY)
        for task in watching:
            task.cancel()


async def _watch(shared: Any, socket: WebSocket) -> None:
    """Parse and acknowledge each frame, as a page does."""
    while not isinstance(payload := await socket.receive(), Closed):
        message = msgspec.json.decode(payload)
        if message["op"] == "readings":
            socket.send(f'{{"op":"ack","seq":{message["seq"]}}}')
            shared[FRAMES] += 1
            shared[POINTS_SEEN] += sum(map(len, message["d"].values()))
    raise stacks.BenchmarkFailed(f"a viewer was sent away with {payload.code}")


class Questions(LoadProcess):
    """Asks for the last hour of one series after another, so many times a second."""

    def __init__(self, port: int, token: str, series: list[int], rate: float) -> None:
        super().__init__(2 + MAX_QUESTIONS, _ask, port, token, series, rate)

    @property
    def took_ms(self) -> list[float]:
        """Of each answer."""
        return [us / 1_000 for us in self._shared[2 : 2 + self._shared[1]]]


def _ask(shared: Any, ready: Any, port: int, token: str, series: list[int], rate: float) -> None:
    with contextlib.closing(Api(port, token)) as api:
        number, due = 0, time.monotonic()
        while not shared[STOP]:
            now = datetime.now(UTC)
            window = {"from": (now - ASKED).isoformat(), "to": now.isoformat(), "points": POINTS}
            began = time.perf_counter()
            api.get("readings/", series=series[number % len(series)], **window)
            if number < MAX_QUESTIONS:
                shared[2 + number] = round((time.perf_counter() - began) * 1e6)
                shared[1] = number + 1
            number += 1
            ready.set()
            due = max(due + 1 / rate, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


@contextlib.contextmanager
def everything(
    stack: Stack, series: list[int], chosen: argparse.Namespace
) -> Iterator[tuple[dict[str, int], Viewers, Questions]]:
    """What runs beside, with the pid of each process of ours. Raises `BenchmarkFailed` when one of
    the clients did not last."""
    with stack.maintain({}) as maintain, stack.web("config.asgi:application") as (port, web):
        cookie, token = live.signed_in()[1], export.token()
        watched = min(WATCHED, len(series))
        wanted = [
            [series[(number * watched + each) % len(series)] for each in range(watched)]
            for number in range(chosen.viewers)
        ]
        with (
            Viewers(port, cookie, wanted) as viewers,
            Questions(port, token, series, chosen.questions) as questions,
        ):
            yield {"web": web.pid, "maintain": maintain.pid}, viewers, questions
            for load in (viewers, questions):
                if not load.process.is_alive():
                    raise stacks.BenchmarkFailed(f"the {type(load).__name__.lower()} ended early")


def window(
    watcher: Watcher, generator: Generator, chosen: argparse.Namespace, pids: dict[str, int]
) -> dict[str, Any]:
    """The ingest for a while: as fast as it can or at the rate that was chosen, then slower for the
    latency. `pids`: of what runs beside."""
    base = settled(watcher.next()) - generator.sent
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    began = time.monotonic()
    if chosen.rate:
        measured = steady(watcher, generator, chosen.rate / VALUES, chosen.seconds)
    else:
        measured = full_speed(watcher, generator, base, chosen.seconds)
    took = time.monotonic() - began
    cores = {name: (cpu_seconds(pid) - before[name]) / took for name, pid in pids.items()}
    acked = generator.wait_until_acked(30)
    watcher.wait_until_settled(base + acked)
    stored, cpu = measured.gained("stored"), measured.cpu()
    rate = measured.rate("stored") * LATENCY_SHARE
    return {
        "readings_per_s": round(measured.rate("readings_stored")),
        "messages_per_batch": round(stored / max(1, measured.gained("batches"))),
        "us_a_message": {name: round(spent / stored * 1e6, 1) for name, spent in cpu.items()},
        "cores_beside": {name: round(share, 3) for name, share in cores.items()},
        **measure_latency(
            watcher, generator, base, rate, Plan(latency_seconds=chosen.latency_seconds)
        ),
    }


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running(chosen.broker) as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)
        from telemetry.models import Series  # noqa: PLC0415

        about = machine.describe(stack.broker)
        fleet = Fleet("beside", chosen.devices, VALUES)
        register(fleet)
        address = Address(stack.mqtt_host, stack.mqtt_port)
        alone, beside = [], []
        with stack.bridge() as bridge, Generator(fleet, address) as generator:
            watcher = Watcher(stack, bridge)
            base = settled(watcher.next())
            watcher.generator = generator
            generator.allow(fleet.devices)  # a message each: the series are made here
            watcher.wait_until_settled(base + fleet.devices)
            ours = Series.objects.filter(device__uid__startswith=fleet.name)
            series = list(ours.order_by("id").values_list("id", flat=True))
            for _ in range(chosen.pairs):
                alone.append(window(watcher, generator, chosen, {}))
                with everything(stack, series, chosen) as (pids, viewers, questions):
                    seen = viewers.seen
                    began = time.monotonic()
                    found = window(watcher, generator, chosen, pids)
                    took = time.monotonic() - began
                    beside.append(
                        found
                        | {
                            f"{name}_per_s": round((count - seen[name]) / took)
                            for name, count in viewers.seen.items()
                        }
                        | {"history_ms": stacks.percentiles_ms(questions.took_ms)}
                    )
            acked = generator.wait_until_acked(30)
        stored, distinct = count_rows(fleet)
        return {
            "benchmark": "beside",
            "viewers": chosen.viewers,
            "questions_per_s": chosen.questions,
            "offered_per_s": chosen.rate or None,
            "ingest_loss": round(1 - mean(beside) / mean(alone), 3),
            "alone": alone,
            "beside": beside,
            "lost": acked * VALUES - distinct,
            "duplicated": stored - distinct,
            **about,
            "load_average_after": [round(load, 2) for load in os.getloadavg()],
        }


def mean(windows: list[dict[str, Any]]) -> float:
    """Readings a second."""
    return statistics.fmean(one["readings_per_s"] for one in windows)


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beside", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each window")
    parser.add_argument("--latency-seconds", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=2, help="windows alone and beside")
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--questions", type=float, default=5.0, help="to history, a second")
    parser.add_argument("--rate", type=float, default=0.0, help="readings a second; 0: all it can")
    parser.add_argument("--broker", choices=("auto", "mosquitto", "iotcore"), default="auto")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    chosen = options(words)
    return result.tell(lambda: measure(chosen), only_json=chosen.json, show=result.show_each)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
