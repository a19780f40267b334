"""The history a subscription begins with, read in pieces so that no answer is huge.

Taken after the subscription stands in the hub: what is committed later comes as a frame.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import connection

from access.scope import Scope
from dashboard.live import protocol
from devices import clock
from devices.models import Device
from telemetry.history import reader
from telemetry.workers import worker_state

MAX_SERIES_PER_PIECE = 200  # series of one snapshot message
MAX_POINTS_PER_PIECE = 20_000  # points of one snapshot message, unless one series has more
MAX_CONCURRENT = 4  # snapshot queries of one process; the rest wait their turn

T = TypeVar("T")

_threads: ThreadPoolExecutor | None = None


async def known_series(scope: Scope, series: Sequence[int]) -> list[int]:
    """Those of the ids the scope sees, each once, in their order."""
    known = await _in_turn(reader.known_ids, scope, series)
    return [series_id for series_id in dict.fromkeys(series) if series_id in known]


async def visible_devices(scope: Scope, named: Sequence[int] | None) -> frozenset[str]:
    """The ids, as text, of the devices the scope sees; of these, or of all."""
    return await _in_turn(_visible_devices, scope, named)


def _visible_devices(scope: Scope, named: Sequence[int] | None) -> frozenset[str]:
    devices = Device.objects.visible_to(scope)
    if named is not None:
        devices = devices.filter(pk__in=named)
    return frozenset(map(str, devices.order_by().values_list("pk", flat=True)))


async def worker_ages() -> dict[str, float]:
    """Seconds since each worker last wrote its counters."""
    return await _in_turn(worker_state.ages)


async def pieces(scope: Scope, request: protocol.Subscribe) -> AsyncIterator[str]:
    """The `snapshot` messages of a subscription that asked `since` when."""
    now = clock.now_ms()
    start = now - protocol.seconds(request.since or "") * 1000
    batches = list(_batches(list(dict.fromkeys(request.series)), request.points)) or [[]]
    for number, ids in enumerate(batches, 1):
        head = {"op": "snapshot", "id": request.id, "now": now, "from": start, "to": now}
        part = {"part": number, "parts": len(batches)}
        yield await _in_turn(_read, scope, head | part, ids, request.points)


def _read(scope: Scope, head: dict[str, Any], ids: Sequence[int], points: int) -> str:
    """One encoded message; runs in a thread, where encoding does not hold up the event loop."""
    start, now = head["from"], head["to"]
    # A device's clock may run ahead of ours. What it has sent lies after `now`, is committed, and
    # comes in no frame, so its window reaches to its newest reading.
    newest = reader.latest(scope, ids) if ids else {}
    ahead = {series_id: at[0] for series_id, at in newest.items() if at[0] >= now}
    on_time = [series_id for series_id in ids if series_id not in ahead]
    series = reader.window(scope, on_time, start, now, points) if on_time else []
    if ahead:
        end = math.floor(max(ahead.values())) + 1
        series += reader.window(scope, list(ahead), start, end, points)
    return protocol.encode({**head, "series": series})


def close() -> None:
    """Waits for the queries that run. Blocks; the next snapshot starts afresh."""
    global _threads
    threads, _threads = _threads, None
    if threads is not None:
        threads.shutdown(cancel_futures=True)


async def _in_turn(work: Callable[..., T], *arguments: Any) -> T:
    """Run in one of a few threads. Not in the thread-sensitive one, which every socket of the
    process shares; and a semaphore would not do: it is free again as soon as a waiting task is
    cancelled, while the query of that task runs on."""
    global _threads  # noqa: PLW0603
    if _threads is None:
        _threads = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="live-snapshot")
    in_thread = sync_to_async(_with_connection, thread_sensitive=False, executor=_threads)
    result: T = await in_thread(work, *arguments)
    return result


def _with_connection(work: Callable[..., T], *arguments: Any) -> T:
    """Run and close this thread's connection. Channels' own wrapper asks the database first, and
    leaves the connection open when there is no answer and nobody waits any more."""
    try:
        return work(*arguments)
    finally:
        connection.close()


def _batches(ids: list[int], points: int) -> Iterator[list[int]]:
    size = max(1, min(MAX_SERIES_PER_PIECE, MAX_POINTS_PER_PIECE // points))
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
