"""A viewer who is behind gets merged frames; one who never catches up is closed."""

from __future__ import annotations

import json

import pytest

from dashboard.live import hub as hubs
from dashboard.live import viewer as viewers
from dashboard.live.hub import Hub
from dashboard.tests.live_socket import Bridge, Socket, eventually, make_series

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def three_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "FRAMES_AHEAD", 3)


@pytest.fixture
def series(transactional_db: None):
    return make_series(1)[0]


async def publish_each(bridge: Bridge, series, values: list[tuple[int, float]]) -> None:
    for at, value in values:
        await bridge.publish(series.device_id, {series.id: [at, value]})


async def test_only_a_few_frames_are_sent_ahead_of_the_acks(hub: Hub, cookie: str, series):
    bridge = Bridge()
    async with Socket(cookie, acks=False) as socket:
        await socket.say(op="subscribe", id=1, series=[series.id], every=50)
        await eventually(lambda: hub.feeds.watched == 1)
        for number in range(1, 4):
            await publish_each(bridge, series, [(number, float(number))])
            await socket.got("readings", number)
        await publish_each(bridge, series, [(4, 4.0), (5, 5.0)])
        (viewer,) = hub.viewers
        await eventually(lambda: len(viewer._backlog) == 2)
        assert len(socket.all("readings")) == 3
        await socket.say(op="ack", seq=1)
        frame = await socket.got("readings", 4)
        assert (frame["seq"], frame["d"]) == (4, {str(series.id): [[4, 4.0], [5, 5.0]]})
        assert frame["thinned"] is False


async def test_a_stalled_viewer_costs_bounded_memory_and_misses_no_extreme(
    hub: Hub, cookie: str, series, monkeypatch
):
    monkeypatch.setattr("dashboard.live.pending.MAX_PER_SERIES", 16)
    bridge = Bridge()
    values = [(at, 20.0) for at in range(1, 400)]
    values[200] = (201, 95.0)
    values[250] = (251, -40.0)
    async with Socket(cookie, acks=False) as socket:
        await socket.say(op="subscribe", id=1, series=[series.id], every=50)
        await eventually(lambda: hub.feeds.watched == 1)
        for number in range(1, 4):
            await publish_each(bridge, series, values[number - 1 : number])
            await socket.got("readings", number)
        (viewer,) = hub.viewers
        await publish_each(bridge, series, values[3:])
        await eventually(lambda: "[399,20.0" in viewer._backlog.body())
        assert len(viewer._backlog) <= 16
        await socket.say(op="ack", seq=3)
        frame = await socket.got("readings", 4)
        points = frame["d"][str(series.id)]
        assert frame["thinned"] is True
        assert max(max(point[1:]) for point in points) == 95.0
        assert min(min(point[1:]) for point in points) == -40.0
        assert points[-1][0] == 399


async def test_a_viewer_who_never_acks_is_closed_with_4408(
    hub: Hub, cookie: str, series, monkeypatch
):
    monkeypatch.setattr(hubs, "SWEEP_EVERY", 0.05)
    async with Socket(cookie, acks=False) as stalled, Socket(cookie) as healthy:
        for socket in (stalled, healthy):
            await socket.say(op="subscribe", id=1, series=[series.id], since="5m")
            await socket.got("snapshot")
        await publish_each(Bridge(), series, [(1, 1.0)])
        for socket in (stalled, healthy):
            await socket.got("readings")
        # Only then: a machine that pauses would have both wait too long.
        await eventually(lambda: [each._waiting_since for each in hub.viewers].count(None) == 1)
        monkeypatch.setattr(viewers, "HOPELESS_AFTER", 0.1)
        assert await eventually(lambda: stalled.closed) == 4408
        assert "acknowledged" in stalled.all("error")[-1]["message"]
        assert healthy.closed is None
        await eventually(lambda: len(hub.viewers) == 1)


async def test_a_viewer_without_frames_is_never_hopeless(hub: Hub, cookie: str, monkeypatch):
    monkeypatch.setattr(viewers, "HOPELESS_AFTER", 0.01)
    async with Socket(cookie, acks=False) as socket:
        await socket.got("hello")
        (viewer,) = hub.viewers
        assert not viewer.is_hopeless(1e12)


async def test_events_for_a_viewer_who_is_behind_are_bounded_and_their_loss_is_told(
    hub: Hub, cookie: str, series, monkeypatch
):
    monkeypatch.setattr(viewers, "MAX_EVENTS_PENDING", 5)
    bridge = Bridge()
    async with Socket(cookie, acks=False) as socket:
        await socket.say(op="watch", events=["pipeline"])
        await socket.say(op="subscribe", id=1, series=[series.id], every=50)
        await eventually(lambda: hub.feeds.watched == 1)
        for number in range(1, 4):
            await publish_each(bridge, series, [(number, float(number))])
            await socket.got("readings", number)
        for number in range(8):
            await bridge.announce("pipeline", worker="bridge-0", at=number, counters={})
        (viewer,) = hub.viewers
        await eventually(lambda: viewer._events and json.loads(viewer._events[-1])["at"] == 7)
        assert not socket.all("pipeline")
        await socket.say(op="ack", seq=3)
        await socket.got("refill")
        await socket.got("pipeline", 5)
        assert [event["at"] for event in socket.all("pipeline")] == [3, 4, 5, 6, 7]


async def test_equal_subscriptions_share_one_encoding(hub: Hub, cookie: str, series, monkeypatch):
    encodings = []
    encode = viewers.Pending.body.__globals__["_encode"]
    monkeypatch.setattr(
        "dashboard.live.pending._encode", lambda d: encodings.append(d) or encode(d)
    )
    async with Socket(cookie) as one, Socket(cookie) as two:
        for socket in (one, two):
            await socket.say(op="subscribe", id=1, series=[series.id], since="5m")
            await socket.got("snapshot")
        await publish_each(Bridge(), series, [(1, 1.0)])
        for socket in (one, two):
            await socket.got("readings")
        assert len(encodings) == 1
