"""A viewer sees history, then every committed reading, each once."""

from __future__ import annotations

import asyncio

import pytest
from channels.db import database_sync_to_async

from dashboard.live.hub import Hub
from dashboard.tests.live_socket import Bridge, Socket, eventually, make_series, now_ms, store
from telemetry.tests.locked import readings_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def series(days_around_now: None):
    return make_series(3)


async def test_hello_comes_first_and_tells_clock_and_window(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        hello = await socket.got("hello")
        assert socket.seen[0] is hello
        assert hello["protocol"] == 2
        assert abs(hello["now"] - now_ms()) < 60_000


async def test_snapshot_then_live_readings(hub: Hub, cookie: str, series):
    first, second, other = (each.id for each in series)
    at = now_ms() - 5_000
    await store([(first, at, 1.0), (first, at + 1000, 2.0), (second, at, 7.5)])
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=4, series=[first, second], since="15m")
        snapshot = await socket.got("snapshot", id=4)
        assert {each["id"]: each["points"] for each in snapshot["series"]} == {
            first: [[at, 1.0], [at + 1000, 2.0]],
            second: [[at, 7.5]],
        }
        assert snapshot["to"] - snapshot["from"] == 900_000
        device = series[0].device_id
        await Bridge().publish(device, {first: [at + 2000, 3.0, at + 2500, 4.0], other: [at, 0.0]})
        frame = await socket.got("readings")
        assert frame == {
            "op": "readings", "seq": 1, "thinned": False,
            "d": {str(first): [[at + 2000, 3.0], [at + 2500, 4.0]]},
        }  # fmt: skip


async def test_a_device_whose_clock_runs_ahead_is_in_the_snapshot(hub: Hub, cookie: str, series):
    ahead = now_ms() + 60_000
    await store([(series[0].id, ahead, 9.0)])
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[series[0].id], since="15m")
        snapshot = await socket.got("snapshot")
        assert snapshot["series"][0]["points"] == [[ahead, 9.0]]


async def test_no_gap_and_no_foreign_value_while_readings_keep_coming(
    hub: Hub, cookie: str, series, monkeypatch
):
    """Commit, then publish, without pause around the subscription: the two together hold all."""
    # Neither the snapshot nor what comes meanwhile is reduced, however long the snapshot takes.
    monkeypatch.setattr("dashboard.live.pending.MAX_PER_SERIES", 5_000)
    series_id, device_id = series[0].id, series[0].device_id
    bridge, start, written = Bridge(), now_ms() - 60_000, []
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            at = start + len(written) * 10
            await store([(series_id, at, float(len(written)))])
            written.append([at, float(len(written))])
            await bridge.publish(device_id, {series_id: written[-1].copy()})

    writer = asyncio.create_task(write())
    async with Socket(cookie) as socket:
        await eventually(lambda: len(written) >= 5)
        await socket.say(
            op="subscribe", id=1, series=[series_id], since="15m", points=5_000, every=50
        )
        snapshot = await socket.got("snapshot")
        after = len(written) + 20
        await eventually(lambda: len(written) >= after)
        stop.set()
        await writer
        await eventually(lambda: written[-1] in socket.points(series_id))
        seen = snapshot["series"][0]["points"] + socket.points(series_id)
        assert sorted(dict(seen).items()) == [tuple(w) for w in written]
        live = socket.points(series_id)
        assert len(live) == len(dict(live))


async def test_series_nobody_asked_for_are_not_sent(hub: Hub, cookie: str, series):
    first, second = series[0], series[1]
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[first.id])
        await eventually(lambda: hub.feeds.watched == 1)
        bridge = Bridge()
        await bridge.publish(first.device_id, {second.id: [1, 1.0]})
        await bridge.publish(first.device_id, {first.id: [2, 2.0]})
        await socket.got("readings")
        assert socket.points(second.id) == []
        assert not socket.all("snapshot")


async def test_the_same_id_replaces_and_unsubscribe_ends(hub: Hub, cookie: str, series):
    first, second = series[0], series[1]
    bridge = Bridge()
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[first.id], since="5m")
        await socket.got("snapshot")
        await socket.say(op="subscribe", id=1, series=[second.id], since="5m")
        await socket.got("snapshot", 2)
        await bridge.publish(first.device_id, {first.id: [1, 1.0], second.id: [1, 5.0]})
        await socket.got("readings")
        assert (socket.points(first.id), socket.points(second.id)) == ([], [[1, 5.0]])
        await socket.say(op="unsubscribe", id=1)
        await eventually(lambda: hub.feeds.watched == 0)


async def test_many_series_come_in_pieces(hub: Hub, cookie: str, transactional_db: None):
    many = await database_sync_to_async(make_series)(450, uid="fleet")
    async with Socket(cookie) as socket:
        await socket.say(
            op="subscribe", id=1, series=[each.id for each in many], since="1h", points=40
        )
        await socket.got("snapshot", 3)
        pieces = socket.all("snapshot")
        assert [len(piece["series"]) for piece in pieces] == [200, 200, 50]
        assert [(piece["part"], piece["parts"]) for piece in pieces] == [(1, 3), (2, 3), (3, 3)]
        assert len({piece["to"] for piece in pieces}) == 1


async def test_events_reach_every_viewer(hub: Hub, cookie: str):
    async with Socket(cookie) as one, Socket(cookie) as two:
        await hub.linked()
        await Bridge().announce("presence", uid="d1", device_id=3, connection="online", since=5)
        for socket in (one, two):
            assert await socket.got("presence") == {
                "op": "presence", "uid": "d1", "device_id": 3, "connection": "online", "since": 5,
            }  # fmt: skip


async def test_fifty_visits_leave_nothing_behind(hub: Hub, cookie: str, series):
    for _ in range(5):
        sockets = [Socket(cookie) for _ in range(10)]
        for number, socket in enumerate(sockets):
            await socket.__aenter__()
            await socket.say(op="subscribe", id=1, series=[series[number % 3].id], since="5m")
        if _ % 2:  # half of the visits end while their snapshot is still being read
            await sockets[-1].got("snapshot")
        for socket in sockets:
            await socket.__aexit__()
    assert (hub.viewers, hub.feeds.watched, hub.feeds._feeds, hub.feeds._index) == (
        set(),
        0,
        {},
        {},
    )
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "live viewer"]


async def test_a_snapshot_that_takes_too_long_is_refused_and_says_what_to_ask(
    hub: Hub, cookie: str, series, monkeypatch
):
    monkeypatch.setattr("telemetry.history.read_limit.READ_LIMIT", 150)
    async with Socket(cookie) as socket:
        with readings_locked():
            await socket.say(op="subscribe", id=1, series=[series[0].id], since="7d")
            error = await socket.got("error", id=1)
        assert error["code"] == "too_slow"
        assert "Narrow the window" in error["message"]
        monkeypatch.setattr("telemetry.history.read_limit.READ_LIMIT", 60_000)
        await socket.say(op="subscribe", id=1, series=[series[0].id], since="15m")
        assert (await socket.got("snapshot", id=1))["series"][0]["points"] == []


async def test_events_that_come_often_are_sent_to_who_asks_for_them(hub: Hub, cookie: str):
    bridge = Bridge()
    facts = {"uid": "d1", "device_id": 1, "connection": "online", "since": 1}
    async with Socket(cookie) as fleet, Socket(cookie) as pipeline:
        await pipeline.say(op="watch", events=["pipeline"])
        await fleet.got("hello")
        await eventually(lambda: any(each.watches for each in hub.viewers))
        assert await hub.linked()
        await bridge.announce("quarantine", uid="d1", topic="t", reason="x", detail="", at=1)
        await bridge.announce("pipeline", worker="bridge-0", at=1, counters={})
        await bridge.announce("presence", **facts)
        for socket in (fleet, pipeline):
            await socket.got("presence")
        assert [len(each.all("pipeline")) for each in (fleet, pipeline)] == [0, 1]
        assert not fleet.all("quarantine")
        assert not pipeline.all("quarantine")
        await pipeline.say(op="watch", events=[])
        await eventually(lambda: not any(each.watches for each in hub.viewers))
        await bridge.announce("pipeline", worker="bridge-0", at=2, counters={})
        await bridge.announce("presence", **facts)
        await pipeline.got("presence", 2)
        assert len(pipeline.all("pipeline")) == 1
