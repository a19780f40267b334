"""Each two seconds a page hears up to when the server knows what devices sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.test import AsyncClient

from dashboard.database import watch
from dashboard.live import hub as hubs
from dashboard.live.hub import Hub
from dashboard.tests.live_socket import DEADLINE, Bridge, Socket, eventually, make_series, now_ms
from telemetry.live import contract

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "BEAT_EVERY", 0.05)
    monkeypatch.setattr(hubs, "SWEEP_EVERY", 0.05)
    monkeypatch.setattr("telemetry.live.knowledge.DATABASE_AFTER", 0)


async def hear(devices: dict[int, int]) -> None:
    for device_id, at in devices.items():
        await get_channel_layer().group_send(
            contract.shard_group(device_id), contract.heard({device_id: at})
        )


async def test_a_beat_tells_the_time_and_that_all_is_known(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        hello = await socket.got("hello")
        assert abs(hello["now"] - now_ms()) < 60_000
        beat = await eventually(lambda: [b for b in socket.all("beat") if not b["trouble"]])
        assert beat[-1]["until"] <= beat[-1]["now"]
        assert beat[-1]["heard"] == {}


async def test_what_is_told_after_hello_arrives(hub: Hub, cookie: str):
    async with Socket(cookie) as first:  # for which the process begins to listen
        await first.got("hello")
        assert hub.link.ready.is_set()
        await Bridge().announce("rules")
        await first.got("rules")


async def test_it_tells_when_the_devices_were_heard_that_one_follows(hub: Hub, cookie: str):
    async with Socket(cookie) as one, Socket(cookie) as every, Socket(cookie) as none:
        await hub.linked()
        await one.say(op="follow", devices=[3])
        await every.say(op="follow")
        await eventually(lambda: None in [each.follows for each in hub.viewers])
        await eventually(lambda: frozenset({"3"}) in [each.follows for each in hub.viewers])
        told = {3: 50, 12: 60}

        async def again() -> None:
            await hear(told)

        await again()
        await eventually(lambda: any(b["heard"] == {"3": 50} for b in one.all("beat")))
        await eventually(lambda: any(b["heard"] == {"3": 50, "12": 60} for b in every.all("beat")))
        assert not any(b["heard"] for b in none.all("beat"))


async def test_a_bridge_that_is_behind_is_in_the_beat(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        await hub.linked()
        counters = {"connected": 1, "lag_ms": 60_000}
        told: list[str] = []
        while (
            "storing" not in told
        ):  # said each second, as a bridge does; one once heard may be late
            await Bridge().announce("pipeline", worker="bridge-0", at=1, counters=counters)
            beats = len(socket.all("beat"))
            await eventually(lambda before=beats: len(socket.all("beat")) > before)
            told = [beat["trouble"]["what"] for beat in socket.all("beat") if beat["trouble"]]


@pytest.fixture
def dead_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(watch, "answers", lambda: False)
        yield


async def test_a_database_that_does_not_answer_is_in_the_beat(
    hub: Hub, cookie: str, dead_database: None
):
    async with Socket(cookie) as socket:
        beats = await eventually(lambda: [b for b in socket.all("beat") if b["trouble"]])
        assert beats[0]["trouble"]["what"] == "database"
        first = beats[0]["trouble"]["since"]
        await eventually(lambda: len(socket.all("beat")) > len(beats) + 5)
        assert socket.all("beat")[-1]["trouble"] == {"what": "database", "since": first}


async def test_rounds_that_fail_are_done_again(hub: Hub, cookie: str, monkeypatch, caplog):
    failing = [True]
    send = hub.beats.send

    def fail_once(viewers) -> None:
        if failing.pop() if failing else False:
            raise RuntimeError("a mistake of ours")
        send(viewers)

    monkeypatch.setattr(hub.beats, "send", fail_once)
    async with Socket(cookie) as socket:
        await socket.got("beat")
    assert "a mistake of ours" in caplog.text
    assert hubs.counts().stalled < 60


async def test_a_hub_that_stands_still_is_not_healthy(hub: Hub, cookie: str, monkeypatch):
    async with Socket(cookie) as socket:
        await socket.got("beat")
        assert (await AsyncClient().get("/healthz")).json()["live_hub"] is True
        monkeypatch.setattr(hubs, "STUCK_AFTER", 0.0)
        monkeypatch.setattr(hubs, "SWEEP_EVERY", 3600.0)

        async def stalls() -> Any:
            while (answer := await AsyncClient().get("/healthz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return answer

        answer = await asyncio.wait_for(stalls(), DEADLINE)
        assert answer.status_code == 503
        assert "stood still" in answer.json()["why"]["live_hub"]


async def test_one_viewer_that_fails_costs_no_other_its_frames(
    hub: Hub, cookie: str, monkeypatch, caplog
):
    series = (await database_sync_to_async(make_series)(1))[0]
    async with Socket(cookie) as broken, Socket(cookie) as well:
        for socket in (broken, well):
            await socket.say(op="subscribe", id=1, series=[series.id], since="5m", every=50)
            await socket.got("snapshot")
        victim = next(iter(hub.viewers))

        def fail(_frame: object) -> None:
            raise RuntimeError("a mistake of ours")

        monkeypatch.setattr(victim, "offer", fail)
        await Bridge().publish(series.device_id, {series.id: [1, 1.0]})
        await eventually(lambda: broken.points(series.id) or well.points(series.id))
        await eventually(lambda: 4500 in (broken.closed, well.closed))
    assert "a mistake of ours" in caplog.text
