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


async def listening(group: str = GROUP) -> str:
    """A channel that gets what is sent to the group from now on."""
    layer = get_channel_layer()
    channel = str(await layer.new_channel())
    await layer.group_add(group, channel)
    # What comes back proves that Redis has us for a listener, before the publisher asks it.
    await layer.group_send(group, {"type": "live.marker"})
    assert await frames(channel, 1) == [{"type": "live.marker"}]
    return channel


def columns(at: int, value: float) -> Columns:
    return Columns.of([SERIES], [at * 1_000], [value])


async def test_nobody_listening_costs_nothing_and_a_newcomer_is_told_to_refill(
    publisher: LivePublisher,
) -> None:
    publisher.start()
    publisher.offer(columns(1, 1.0))
    await settled(publisher)
    await until(lambda: publisher._nobody_listened)
    layer = get_channel_layer()
    channel = await layer.new_channel()
    for group in (GROUP, contract.EVENTS_GROUP):
        await layer.group_add(group, channel)
    # The first offers may still fall on deaf ears; what follows the refill does not.
    async with asyncio.timeout(DEADLINE):
        while publisher._nobody_listened:
            publisher.offer(columns(2, 2.0))
            await settled(publisher)
            await asyncio.sleep(0.1)
    publisher.offer(columns(3, 3.0))
    seen: list[dict[str, Any]] = []
    while not any(3 in each.get("series", {}).get(str(SERIES), []) for each in readings(seen)):
        seen += await frames(channel, 1)
    numbers = [each["seq"] for each in readings(seen)]
    assert numbers == list(range(1, len(numbers) + 1)), "no number is left out"
    refills = [each for each in seen if each["type"] == "live.refill"]
    assert refills == [contract.refill("nobody_listened")]
    await layer.flush()


def readings(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in messages if each["type"] == "live.readings"]


async def test_what_comes_newest_first_is_sent_oldest_first(publisher: LivePublisher) -> None:
    channel = await listening()
    times = [4_000, 3_000, 1_000, 3_000]
    publisher.offer(Columns.of([SERIES] * 4, times, [4.0, 3.0, 1.0, 3.5]))
    publisher.offer(columns(2, 2.0))
    publisher.start()
    (frame,) = await frames(channel, 1)
    assert frame["series"] == {str(SERIES): [1, 1.0, 2, 2.0, 3, 3.0, 3, 3.5, 4, 4.0]}
    await get_channel_layer().flush()


async def test_when_devices_were_heard_is_told_with_their_shard(publisher: LivePublisher) -> None:
    channel = await listening()
    publisher.hear({DEVICE: 5_000, DEVICE + contract.SHARDS: 6_000, DEVICE + 1: 7_000})
    publisher.hear({DEVICE: 8_000})
    publisher.start()
    assert await frames(channel, 1) == [
        {"type": "live.heard", "devices": {str(DEVICE): 8, str(DEVICE + contract.SHARDS): 6}}
    ]
    await get_channel_layer().flush()


async def test_what_could_not_be_sent_is_a_refill_once_it_can(
    publisher: LivePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()
    channel = await listening(contract.EVENTS_GROUP)
    monkeypatch.setattr("bridge.publish.live.SEND_TIMEOUT", 0.0)  # no answer is quick enough
    publisher.tell(contract.event("series", uid="pump-1", series=[]))
    publisher.start()
    await until(lambda: publisher.counters.dropped)
    monkeypatch.setattr("bridge.publish.live.SEND_TIMEOUT", DEADLINE)
    found: list[dict[str, Any]] = []
    while contract.refill("lost") not in found:
        found += await frames(channel, 1)
    await layer.flush()


async def test_readings_of_one_tick_travel_together_in_order(publisher: LivePublisher) -> None:
    channel = await listening()
    publisher.offer(
        Columns.of([SERIES, SERIES], [1_000, 1_001], [1.5, 2.5], [(SERIES, 3_000, "off")])
    )
    publisher.start()
    (frame,) = await frames(channel, 1)
    assert frame["series"] == {str(SERIES): [1, 1.5, 1.001, 2.5, 3, "off"]}
    await get_channel_layer().flush()
