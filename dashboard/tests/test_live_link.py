"""What is lost on the way is noticed, and a Redis that was away is found again."""

from __future__ import annotations

import asyncio
import itertools
import socket as sockets
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer
from redis import asyncio as aioredis

from dashboard.database import watch
from dashboard.live import hub as hubs
from dashboard.live import link as links
from dashboard.live.hub import Hub
from dashboard.tests.live_socket import DEADLINE, Bridge, Socket, eventually, make_series

pytestmark = pytest.mark.django_db(transaction=True)


class Redis:
    """A private redis-server that a test may kill and start again on the same port."""

    def __init__(self, folder: Path) -> None:
        with sockets.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: ASYNC220  only a fork
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest_asyncio.fixture
async def redis(tmp_path: Path, settings) -> AsyncIterator[Redis]:
    server = Redis(tmp_path)
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "config.channel_layer.RedisChannelLayer",
            "CONFIG": {"url": f"redis://127.0.0.1:{server.port}/0", "prefix": "linktest"},
        }
    }
    await server.start()
    yield server
    await hubs.current().close()
    await asyncio.to_thread(watch.stop)
    await get_channel_layer().flush()
    server.kill()


@pytest.fixture
def series(transactional_db: None):
    return make_series(1)[0]


@pytest.fixture
def fast(monkeypatch) -> None:
    monkeypatch.setattr(links, "BEAT_EVERY", 0.2)
    monkeypatch.setattr(links, "BEAT_TIMEOUT", 1.0)
    monkeypatch.setattr(links, "LONGEST_RETRY", 0.3)


async def ready(socket: Socket, series) -> None:
    await socket.say(op="subscribe", id=1, series=[series.id], since="5m", every=50)
    await socket.got("snapshot")


async def test_a_jump_in_the_numbers_is_a_refill(hub: Hub, cookie: str, series):
    bridge = Bridge()
    async with Socket(cookie) as socket:
        await ready(socket, series)
        await bridge.publish(series.device_id, {series.id: [1, 1.0]})
        await bridge.publish(series.device_id, {series.id: [2, 2.0]})
        await eventually(lambda: len(socket.points(series.id)) == 2)
        assert not socket.all("refill")
        for group in bridge.numbers:
            bridge.numbers[group] += 1  # one message that never arrived
        await bridge.publish(series.device_id, {series.id: [4, 4.0]})
        await socket.got("refill")
        await eventually(lambda: [4, 4.0] in socket.points(series.id))


async def test_a_worker_that_starts_anew_is_a_refill_and_others_are_not(
    hub: Hub, cookie: str, series, caplog: pytest.LogCaptureFixture
):
    first, second = Bridge("bridge-0"), Bridge("bridge-1")
    async with Socket(cookie) as socket:
        await ready(socket, series)
        for at in (1, 2):
            await first.publish(series.device_id, {series.id: [at, 1.0]})
            await second.publish(series.device_id, {series.id: [at + 10, 1.0]})
        await first.publish(series.device_id + 1, {series.id: [50, 1.0]})  # another group's number
        await eventually(lambda: len(socket.points(series.id)) == 5)
        assert not socket.all("refill")
        caplog.set_level("INFO", "dashboard.live.streams")
        for at in (3, 4):  # each its first message, the second after one that sent no more
            await Bridge("bridge-0").publish(series.device_id, {series.id: [at, 1.0]})
        await socket.got("refill")
        await eventually(lambda: [4, 1.0] in socket.points(series.id))
    told = [each for each in caplog.records if getattr(each, "action", "") == "live_gap"]
    # Nothing to warn of: a bridge restarts.
    assert [each.levelname for each in told] == ["INFO", "INFO"]


@pytest.mark.process
async def test_redis_killed_and_started_again_heals_by_itself(
    redis: Redis, cookie: str, series, fast
):
    async with Socket(cookie) as socket:
        await socket.say(op="watch", events=["pipeline"])
        await ready(socket, series)
        redis.kill()
        await eventually(lambda: not hubs.current().link.ready.is_set())
        await redis.start()
        await socket.got("refill")
        bridge = Bridge("after")
        # Beats this short are missed by a busy machine, and then the link begins anew once more.
        async with asyncio.timeout(DEADLINE):
            while [1, 1.0] not in socket.points(series.id):
                await bridge.publish(series.device_id, {series.id: [1, 1.0]})
                await asyncio.sleep(0.05)
        numbers = itertools.count(1)
        async with asyncio.timeout(DEADLINE):
            while not socket.all("pipeline"):
                await bridge.announce("pipeline", worker="after", at=next(numbers), counters={})
                await asyncio.sleep(0.05)
        heard = [event["at"] for event in socket.all("pipeline")]
        assert len(heard) == len(set(heard)), "an event came twice"


@pytest.mark.process
async def test_history_is_served_while_redis_is_away(
    redis: Redis, cookie: str, series, fast, monkeypatch
):
    monkeypatch.setattr(hubs, "LINK_TIMEOUT", 0.2)
    redis.kill()
    async with Socket(cookie) as socket:
        await ready(socket, series)
        await redis.start()
        await socket.got("refill")


@pytest.mark.process
async def test_a_connection_dropped_and_restored_between_two_beats_is_a_refill(
    redis: Redis, cookie: str, series
):
    """The client library reconnects silently: no marker is missing and no number jumps."""
    control = aioredis.from_url(f"redis://127.0.0.1:{redis.port}/0")
    async with Socket(cookie) as socket:
        await ready(socket, series)
        link = hubs.current().link
        beat = link._beat
        await control.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await socket.got("refill")
        assert link._beat <= beat + 2
        bridge = Bridge("after")
        await bridge.publish(series.device_id, {series.id: [1, 1.0]})
        await eventually(lambda: [1, 1.0] in socket.points(series.id))
        # The connection that sends: nobody who listens knows that something was lost with it.
        await control.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await bridge.publish(series.device_id, {series.id: [2, 2.0]})
        await eventually(lambda: [2, 2.0] in socket.points(series.id))
    await control.aclose()


async def test_rubbish_on_the_channel_layer_does_not_stop_the_hub(
    hub: Hub, cookie: str, series, caplog
):
    async with Socket(cookie) as socket:
        await ready(socket, series)
        layer = get_channel_layer()
        group = next(iter(g for g in hub.link._groups if g.startswith("live.readings")))
        for rubbish in (
            {"type": "live.readings"},
            {"type": "live.readings", "worker": "w", "seq": 1, "series": {"1": 7}},
            {"type": 7},
            {"type": "live.event", "event": "reboot"},
        ):
            await layer.group_send(group, rubbish)
        await Bridge().publish(series.device_id, {series.id: [1, 1.0]})
        await eventually(lambda: [1, 1.0] in socket.points(series.id))
