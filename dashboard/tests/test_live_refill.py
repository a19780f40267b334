"""History that changed is loaded again by those who watch it, and by nobody else."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from dashboard.live.hub import Hub
from dashboard.live.refill import EVERYTHING, Refill
from dashboard.tests.live_socket import Bridge, Socket, eventually, make_series, now_ms, store
from telemetry.live import contract

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pump(days_around_now: None):
    return make_series(2, uid="pump")


@pytest.fixture
def fan(transactional_db: None):
    return make_series(1, uid="fan")


async def publish(message: dict) -> None:
    await get_channel_layer().group_send(contract.EVENTS_GROUP, message)


async def watch(socket: Socket, *series) -> None:
    await socket.say(op="subscribe", id=1, series=[each.id for each in series], since="5m")
    await socket.got("snapshot")


async def test_only_viewers_of_the_series_hear_of_it(hub: Hub, cookie: str, pump, fan):
    async with Socket(cookie) as of_pump, Socket(cookie) as of_fan:
        await watch(of_pump, *pump)
        await watch(of_fan, *fan)
        for message in contract.refills("late_registration", [pump[0].id, 999_999], 5, 9):
            await publish(message)
        assert await of_pump.got("refill") == {
            "op": "refill", "reason": "late_registration", "series": [pump[0].id],
            "from": 5, "to": 9,
        }  # fmt: skip
        # What was published before this has been handled when it arrives.
        await Bridge().announce("presence", uid="fan", device_id=1, connection="online", since=5)
        await of_fan.got("presence")
        assert not of_fan.all("refill")


async def test_history_is_read_again_for_the_series_asked_and_frames_follow_it(
    hub: Hub, cookie: str, pump
):
    first, second = pump
    async with Socket(cookie) as socket:
        await watch(socket, first, second)
        at = now_ms() - 1_000
        await store([(first.id, at, 1.0), (second.id, at, 2.0)])
        await socket.say(op="refill", id=1, series=[second.id, 999_999])
        snapshot = await socket.got("snapshot", 2)
        assert [(each["id"], each["points"]) for each in snapshot["series"]] == [
            (second.id, [[at, 2.0]])
        ]
        await Bridge().publish(first.device_id, {first.id: [at + 1, 3.0], second.id: [at + 1, 4.0]})
        await eventually(lambda: socket.points(first.id) and socket.points(second.id))
        await socket.say(op="refill", id=7, series=[first.id])  # no such subscription
        await socket.say(op="unsubscribe", id=1)
        await eventually(lambda: hub.feeds.watched == 0)
        assert not socket.all("error")


async def test_a_deleted_series_leaves_every_subscription(hub: Hub, cookie: str, pump):
    first, second = pump
    gone = second.pk
    async with Socket(cookie) as one, Socket(cookie) as two:
        await watch(one, first, second)
        await watch(two, second)
        await database_sync_to_async(second.delete)()
        for socket in (one, two):
            assert await socket.got("unknown") == {"op": "unknown", "id": 1, "series": [gone]}
        assert hub.feeds.watched == 1
        await Bridge().publish(first.device_id, {first.id: [1, 1.0], gone: [1, 1.0]})
        await eventually(lambda: one.points(first.id))
        assert (one.points(gone), two.points(gone)) == ([], [])
        await one.say(op="subscribe", id=1, series=[first.id, gone], since="5m")
        assert [each["id"] for each in (await one.got("snapshot", 2))["series"]] == [first.id]
    await eventually(lambda: not hub.viewers)
    assert (hub.feeds._feeds, hub.feeds._index) == ({}, {})


async def test_the_series_of_a_deleted_device_leave_every_subscription(hub: Hub, cookie: str, pump):
    first, second = pump
    gone = [first.pk, second.pk]
    async with Socket(cookie) as socket:
        await watch(socket, first, second)
        await database_sync_to_async(first.device.delete)()
        assert await socket.got("unknown") == {"op": "unknown", "id": 1, "series": gone}
        assert (await socket.got("series"))["deleted"] == gone
        assert (await socket.got("device"))["change"] == "deleted"
        assert hub.feeds.watched == 0


def test_several_that_wait_become_one_that_asks_for_no_less() -> None:
    first = Refill("replay", frozenset({"1"}), 5, 9)
    assert first.joined(Refill("replay", frozenset({"2"}), 3, 6)) == Refill(
        "replay", frozenset({"1", "2"}), 3, 9
    )
    assert first.joined(EVERYTHING).series is None
    assert EVERYTHING.joined(first).start is None
