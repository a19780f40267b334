"""Live frames go out while somebody listens, and whoever comes to listen misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer

from bridge.intake.batch import Columns
from bridge.publish.live import LivePublisher
from telemetry.live import contract

DEVICE, SERIES = 3, 7
GROUP = contract.shard_group(DEVICE)
DEADLINE = 60.0  # seconds for any one step


@pytest_asyncio.fixture
async def publisher(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LivePublisher]:
    """Not started yet. Redis answers, if late on a busy machine: it is waited for."""
    monkeypatch.setattr("bridge.publish.listeners.ANSWER_TIMEOUT", DEADLINE)
    monkeypatch.setattr("bridge.publish.live.SEND_TIMEOUT", DEADLINE)
    made = LivePublisher("bridge-0", {SERIES: DEVICE}, lambda: contract.event("pipeline"))
    yield made
    if made.is_alive():
        await asyncio.to_thread(made.stop)


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not fact():  # noqa: ASYNC110  (a thread brings it about)
            await asyncio.sleep(0.02)


async def settled(publisher: LivePublisher) -> None:
    """Until the publisher has taken what was offered."""
    await until(lambda: not publisher._waiting)


async def frames(channel: str, count: int) -> list[dict[str, Any]]:
    layer = get_channel_layer()
    async with asyncio.timeout(DEADLINE):
        return [await layer.receive(channel) for _ in range(count)]


def columns(at: int, value: float) -> Columns:
    return Columns.of([SERIES], [at * 1_000], [value])


async def test_nobody_listening_costs_nothing_and_a_newcomer_is_told_to_refill(
    publisher: LivePublisher,
) -> None:
    publisher.start()
    publisher.offer(columns(1, 1.0))
    await settled(publisher)
    await until(lambda: publisher._unheard)
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    # The first offers may still fall on deaf ears; what follows the refill does not.
    async with asyncio.timeout(DEADLINE):
        while publisher._unheard:
            publisher.offer(columns(2, 2.0))
            await settled(publisher)
            await asyncio.sleep(0.1)
    publisher.offer(columns(3, 3.0))
    first, second = await frames(channel, 2)
    assert second["seq"] - first["seq"] > 1, "a jump, which makes the receiver load history"
    seen: list[Any] = []
    while 3 not in seen:
        (frame,) = await frames(channel, 1)
        assert frame["seq"] > second["seq"]
        seen += frame["series"].get(str(SERIES), [])[::2]
    await layer.group_discard(GROUP, channel)
    await layer.flush()


async def test_readings_of_one_tick_travel_together_in_order(publisher: LivePublisher) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    # What comes back proves that Redis has us for a listener, before the publisher asks it.
    await layer.group_send(GROUP, {"type": "live.marker"})
    assert await frames(channel, 1) == [{"type": "live.marker"}]
    publisher.offer(
        Columns.of([SERIES, SERIES], [1_000, 1_001], [1.5, 2.5], [(SERIES, 3_000, "off")])
    )
    publisher.start()
    (frame,) = await frames(channel, 1)
    assert frame["series"] == {str(SERIES): [1, 1.5, 1.001, 2.5, 3, "off"]}
    await layer.group_discard(GROUP, channel)
    await layer.flush()
