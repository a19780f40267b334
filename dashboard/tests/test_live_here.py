"""Who is here, told by the sockets that are open; and what is for one person alone."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async

from dashboard.live import here as hub_here
from dashboard.live.hub import Hub
from dashboard.tests.live_socket import Socket, eventually, make_cookie
from devices.events import announce
from shiftlog import here
from telemetry.live import contract

pytestmark = pytest.mark.django_db(transaction=True)

cookie_of = database_sync_to_async(make_cookie)


def names(socket: Socket) -> list[list[str]]:
    return [[each["name"] for each in said["people"]] for said in socket.all("log_here")]


async def test_pages_are_told_who_comes_and_goes(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_here, "LINGER", 0.5)
    async with Socket(await cookie_of("olga")) as olga:
        await eventually(lambda: ["olga"] in names(olga))
        async with Socket(await cookie_of("ben")) as ben, Socket(await cookie_of("ben")):
            await eventually(lambda: names(olga)[-1] == ["olga", "ben"])
            await eventually(lambda: ["olga", "ben"] in names(ben))
            assert list(await database_sync_to_async(here.people)()) == ["olga", "ben"]
        await eventually(lambda: names(olga)[-1] == ["olga"])


async def test_who_is_here_is_told_again_when_it_may_have_been_missed(hub: Hub):
    async with Socket(await cookie_of("olga")) as olga:
        await eventually(lambda: ["olga"] in names(olga))
        before = len(names(olga))
        hub.gap()
        await eventually(lambda: names(olga)[before:] == [["olga"]])


async def test_what_is_one_persons_own_goes_to_their_pages_alone(hub: Hub):
    async with (
        Socket(await cookie_of("olga")) as olga,
        Socket(await cookie_of("ben")) as ben,
    ):
        for socket in (olga, ben):
            await socket.got("hello")
        await hub.linked()
        say = database_sync_to_async(announce)
        await say(contract.event("log_read", to="ben"))
        await say(contract.event("rules"))
        await say(contract.event("log_read", to="olga"))
        await say(contract.event("rules"))
        for socket in (olga, ben):  # whichever of them the hub comes to first
            await socket.got("rules", 2)
            assert socket.all("log_read") == [{"op": "log_read"}]
