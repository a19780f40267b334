"""Who may open the socket, and what happens to those who do not speak its language."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from access.models import Grant
from access.roles import Role
from dashboard.live import consumer as consumers
from dashboard.live import login, protocol
from dashboard.live import seats as seated
from dashboard.live.hub import Hub
from dashboard.live.seats import seats
from dashboard.tests.live_socket import Bridge, Socket, eventually, make_cookie, make_series
from devices.models import Device, Site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("cookie_value", [None, "made-up-session-key"])
async def test_without_a_login_the_socket_is_closed_with_4401(hub: Hub, cookie_value: str | None):
    async with Socket(cookie_value) as socket:
        assert await eventually(lambda: socket.closed) == 4401
        await socket.say(op="subscribe", id=1, series=[1])
    assert socket.seen == []
    assert not hub.viewers


def log_out(key: str) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    client.post("/logout/")


def deactivate(_key: str) -> None:
    user = get_user_model().objects.get()
    user.is_active = False
    user.save()


def take_the_grant(_key: str) -> None:
    Grant.objects.get().delete()


def make_a_viewer(_key: str) -> None:
    grant = Grant.objects.get()
    grant.role = Role.VIEWER
    grant.save()


@pytest.mark.parametrize(
    "end", [log_out, deactivate, take_the_grant, make_a_viewer], ids=lambda each: each.__name__
)
async def test_a_right_that_ends_ends_the_socket_at_once(hub: Hub, cookie: str, monkeypatch, end):
    monkeypatch.setattr(login, "CHECK_EVERY", 3_600.0)  # it is told
    async with Socket(cookie) as socket:
        await socket.got("hello")
        await hub.linked()
        await database_sync_to_async(end)(cookie)
        assert await eventually(lambda: socket.closed) == 4401
        assert socket.all("error")[-1]["close"] == 4401


@pytest.mark.parametrize(
    "rows", [Session.objects, Grant.objects], ids=lambda rows: rows.model.__name__
)
async def test_a_right_that_ends_without_a_word_ends_the_socket_at_the_next_look(
    hub: Hub, cookie: str, monkeypatch, rows
):
    monkeypatch.setattr(login, "CHECK_EVERY", 0.05)
    async with Socket(cookie) as socket:
        await socket.got("hello")
        # No signals, so nobody is told.
        await database_sync_to_async(lambda: rows.all()._raw_delete(rows.db))()
        assert await eventually(lambda: socket.closed) == 4401


async def test_a_device_that_moved_away_without_a_word_ends_the_socket(
    hub: Hub, cookie: str, monkeypatch
):
    far, near = [
        await database_sync_to_async(Site.objects.create)(slug=slug, name=slug)
        for slug in ("far", "near")
    ]
    series = (await database_sync_to_async(make_series)(1))[0]
    await database_sync_to_async(Device.objects.update)(site=near)
    await database_sync_to_async(Grant.objects.update)(site=near)
    monkeypatch.setattr(login, "CHECK_EVERY", 0.05)
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[series.id], since="5m")
        await socket.got("snapshot", id=1)
        await eventually(lambda: hub.feeds.watched == 1)
        await database_sync_to_async(Device.objects.update)(site=far)
        assert await eventually(lambda: socket.closed) == 4401


async def test_bad_requests_are_answered_and_the_socket_stays(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        await socket.say_text("{")
        assert (await socket.got("error"))["code"] == "bad_json"
        await socket.say(op="reboot", id=3)
        assert (await socket.got("error", id=3))["code"] == "unknown_op"
        await socket.say(op="ack", seq=99)
        assert (await socket.got("error", 3))["code"] == "bad_value"
        await socket.say_bytes(b"\x00")
        await socket.got("error", 4)
        assert socket.closed is None


async def test_repeated_garbage_closes_with_4400(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        for _ in range(consumers.MAX_OFFENCES):
            await socket.say_text("garbage")
        assert await eventually(lambda: socket.closed) == 4400


async def test_a_refused_value_never_closes_the_socket(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        for _ in range(consumers.MAX_OFFENCES + 5):
            await socket.say(op="subscribe", id=0, series=[])
        await socket.got("error", consumers.MAX_OFFENCES + 5, id=0, code="bad_value")
        assert socket.closed is None


async def test_unknown_series_are_named_and_cost_the_others_nothing(hub: Hub, cookie: str):
    known = (await database_sync_to_async(make_series)(1))[0]
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[known.id, 999_999], since="5m")
        assert await socket.got("unknown") == {"op": "unknown", "id": 1, "series": [999_999]}
        snapshot = await socket.got("snapshot", id=1)
        assert [each["id"] for each in snapshot["series"]] == [known.id]
        await Bridge().publish(known.device_id, {known.id: [1, 1.0]})
        await eventually(lambda: socket.points(known.id) == [[1, 1.0]])
        assert not socket.all("error")


async def test_a_subscription_of_unknown_series_alone_has_an_empty_history(hub: Hub, cookie: str):
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[999_999], since="5m")
        assert (await socket.got("snapshot", id=1))["series"] == []
        assert (await socket.got("unknown"))["series"] == [999_999]


async def test_what_one_may_not_see_is_unknown(hub: Hub, cookie: str):
    far, near = [
        await database_sync_to_async(Site.objects.create)(slug=slug, name=slug)
        for slug in ("far", "near")
    ]
    hidden, seen = [
        (await database_sync_to_async(make_series)(1, uid=uid))[0].id for uid in ("d1", "d2")
    ]
    for uid, site in (("d1", far), ("d2", near)):
        await database_sync_to_async(Device.objects.filter(uid=uid).update)(site=site)
    await database_sync_to_async(Grant.objects.update)(site=near)
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=[seen, hidden], since="5m")
        assert (await socket.got("unknown", id=1))["series"] == [hidden]
        snapshot = await socket.got("snapshot", id=1)
        assert [each["id"] for each in snapshot["series"]] == [seen]
        assert hub.feeds.watched == 1


async def test_subscriptions_and_series_of_a_socket_are_bounded(hub: Hub, cookie: str, monkeypatch):
    monkeypatch.setattr(protocol, "MAX_SUBSCRIPTIONS", 2)
    monkeypatch.setattr(protocol, "MAX_SERIES_PER_SOCKET", 3)
    ids = [each.id for each in await database_sync_to_async(make_series)(4)]
    async with Socket(cookie) as socket:
        await socket.say(op="subscribe", id=1, series=ids[:2])
        await socket.say(op="subscribe", id=2, series=ids[:2])
        assert (await socket.got("error", id=2))["code"] == "too_many_series"
        await socket.say(op="subscribe", id=2, series=ids[:1])
        await socket.say(op="subscribe", id=3, series=ids[:1])
        assert (await socket.got("error", id=3))["code"] == "too_many_subscriptions"
        await socket.say(op="unsubscribe", id=1)
        await socket.say(op="subscribe", id=3, series=ids[:2], since="5m")
        await socket.got("snapshot", id=3)


async def test_too_many_messages_are_told_once_and_ignored(hub: Hub, cookie: str, monkeypatch):
    monkeypatch.setattr(protocol, "MESSAGE_BURST", 5.0)
    monkeypatch.setattr(protocol, "MAX_MESSAGES_PER_S", 0.001)
    async with Socket(cookie) as socket:
        for number in range(50):
            await socket.say(op="unsubscribe", id=number)
        assert (await socket.got("error"))["code"] == "rate_limited"
        await eventually(lambda: socket.idle)
        assert len(socket.all("error")) == 1
        assert socket.closed is None


async def test_one_login_has_so_many_sockets_and_one_that_closes_makes_room(
    hub: Hub, cookie: str, settings
):
    settings.LIVE_SOCKETS = 2
    refused = seats.refused
    async with Socket(cookie) as one, Socket(cookie) as two:
        await one.got("hello")
        await two.got("hello")
        async with Socket(cookie) as three:
            assert await eventually(lambda: three.closed) == 4429
            assert "2 live connections" in three.all("error")[-1]["message"]
            assert not three.all("hello")
        other = await database_sync_to_async(make_cookie)("ben")
        async with Socket(other) as of_another:
            await of_another.got("hello")
    assert seats.refused == refused + 1
    async with Socket(cookie) as again:
        await again.got("hello")


async def test_one_address_has_so_many_sockets_whoever_is_let_in(hub: Hub, settings, monkeypatch):
    settings.LIVE_SOCKETS = 1
    monkeypatch.setattr(seated, "LOGINS_OF_AN_ADDRESS", 1)
    async with Socket(None) as one:
        assert await eventually(lambda: one.closed) == 4401
        async with Socket(None) as two:
            assert await eventually(lambda: two.closed) == 4429
    assert not seats._taken, "a seat that is not given back is lost for good"
