"""The outbox is worked off: by one or several, past whoever hangs, over a kill and a pause."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import OperationalError, connection

from access.roles import Role
from devices import clock
from devices.models import Site
from notifications import deliveries, outbox, retry, sender
from notifications.models import Channel, Delivery, Notification
from notifications.sender import Sender
from notifications.tests import made
from notifications.tests.receiver import Receiver
from telemetry.live import contract
from tests.granted import may
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "POLL", 0.02)


KEY = "a-key-of-twenty-four-characters"


def hook(receiver: Receiver, path: str, lane: str = "") -> Channel:
    secrets = {"url": receiver.url(path), "key": KEY}
    return made.channel(secrets=secrets, lane=lane or f"lane of {path}")


def put(channel: Channel, *keys: str, **more: Any) -> None:
    for key in keys:
        assert outbox.put(key, made.content(sentence=key), channel.pk, **more)


def run(work: Sender, until: Callable[[], bool]) -> None:
    """Take its steps until it is so."""

    def step() -> bool:
        work.step()
        return until()

    eventually(step)


def states() -> dict[str, str]:
    return dict(Notification.objects.values_list("key", "state"))


def keys(receiver: Receiver, path: str) -> list[str]:
    return [each.json["data"]["sentence"] for each in receiver.at(path)]


def test_what_is_due_is_sent_in_order_and_what_was_answered_is_kept(receiver: Receiver) -> None:
    channel = hook(receiver, "/a")
    put(channel, "first", "second", "third")
    put(channel, "not yet", due_at=clock.now() + timedelta(hours=1))
    run(Sender(), lambda: list(states().values()).count("sent") == 3)
    assert keys(receiver, "/a") == ["first", "second", "third"]
    tokens = Notification.objects.filter(state="sent").order_by("id").values_list("token")
    assert [each.headers["webhook-id"] for each in receiver.at("/a")] == [
        str(token) for (token,) in tokens
    ]
    said = Delivery.objects.order_by("id").values_list("outcome", "status", "answer", "retry_at")
    assert list(said) == [("taken", 200, "taken", None)] * 3
    channel.refresh_from_db()
    assert (channel.failures, channel.trouble, channel.leased_until) == (0, "", None)
    assert channel.reached_at is not None


def test_open_pages_hear_of_what_was_sent(receiver: Receiver) -> None:
    put(hook(receiver, "/a"), "k")
    work = Sender()

    async def heard() -> dict[str, Any]:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(contract.EVENTS_GROUP, channel)
        await sync_to_async(run)(work, lambda: states() == {"k": "sent"})
        message: dict[str, Any] = await layer.receive(channel)
        await layer.flush()
        return message

    assert async_to_sync(heard)() == contract.event("notifications")
    work.close()


def test_who_hangs_delays_nobody_else(receiver: Receiver) -> None:
    """More of them than there are threads, each a server of its own."""
    receiver.hang("/hangs")
    for n in range(sender.SENDERS + 10):
        channel = hook(receiver, "/hangs", lane=f"hanging {n}")
        Channel.objects.filter(pk=channel.pk).update(failures=1)
        put(channel, f"never {n}")
    hanging = [hook(receiver, "/hangs", lane="one server") for _ in range(20)]
    for n, each in enumerate(hanging):
        put(each, f"never there {n}")
    work = Sender()
    run(work, lambda: len(receiver.at("/hangs")) == sender.DOUBTFUL + sender.PER_LANE)
    put(hook(receiver, "/well"), "now")
    run(work, lambda: states()["now"] == "sent")
    assert len(receiver.at("/hangs")) == sender.DOUBTFUL + sender.PER_LANE
    receiver.over.set()
    work.close()


def test_one_channel_is_sent_to_one_at_a_time(receiver: Receiver) -> None:
    """Also by two processes."""
    receiver.hang("/hangs")
    put(hook(receiver, "/hangs"), "first", "second")
    one, other = Sender(), Sender()
    run(one, lambda: bool(receiver.at("/hangs")))
    for _ in range(3):
        other._looked_at = -sender.POLL
        other.step()
    assert keys(receiver, "/hangs") == ["first"]
    receiver.over.set()
    one.close()


def test_two_processes_send_each_thing_once(receiver: Receiver) -> None:
    channels = [hook(receiver, f"/{n}") for n in range(6)]
    for n, channel in enumerate(channels):
        put(channel, *(f"{n} {m}" for m in range(5)))

    def work() -> None:
        try:
            run(Sender(), lambda: set(states().values()) == {"sent"})
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=120)
    assert len(receiver.received) == 30
    for n in range(6):
        assert keys(receiver, f"/{n}") == [f"{n} {m}" for m in range(5)]


def test_what_a_killed_process_was_sending_is_sent_by_another_under_the_same_key(
    receiver: Receiver,
) -> None:
    receiver.hang("/a")
    channel = hook(receiver, "/a")
    put(channel, "k")
    killed = Sender()
    run(killed, lambda: bool(receiver.at("/a")))
    del receiver.answers["/a"]
    Channel.objects.update(leased_until=clock.now() - timedelta(seconds=1))  # its term is over
    run(Sender(), lambda: states() == {"k": "sent"})
    first, second = receiver.at("/a")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    receiver.over.set()


def test_a_server_that_is_away_gets_everything_in_order_when_it_is_back(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)
    receiver.answer("/a", 503, "restarting")
    channel = hook(receiver, "/a")
    put(channel, "fired", "cleared")
    work = Sender()
    run(work, lambda: len(receiver.at("/a")) == 3)
    assert set(keys(receiver, "/a")) == {"fired"}
    channel.refresh_from_db()
    assert (channel.failures > 0, channel.trouble) == (True, "restarting")
    del receiver.answers["/a"]
    run(work, lambda: set(states().values()) == {"sent"})
    assert keys(receiver, "/a")[-2:] == ["fired", "cleared"]
    channel.refresh_from_db()
    assert (channel.failures, channel.trouble) == (0, "")


def test_one_that_its_server_never_takes_does_not_hold_up_the_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)

    def poisoned(handler: Any) -> None:
        bad = receiver.received[-1].json["data"]["sentence"] == "bad"
        receiver.answer("/said", 500 if bad else 200)
        receiver.answers["/said"](handler)

    receiver.answers["/a"] = poisoned
    put(hook(receiver, "/a"), "bad", "good")
    run(Sender(), lambda: states()["good"] == "sent")
    assert states()["bad"] == "waiting"


def test_what_is_refused_is_given_up_at_once_and_told(receiver: Receiver) -> None:
    receiver.answer("/a", 403, "wrong key")
    put(hook(receiver, "/a"), "k", "l")
    run(Sender(), lambda: set(states().values()) == {"failed"})
    assert keys(receiver, "/a") == ["k", "l"]
    said = set(Delivery.objects.values_list("outcome", "answer", "retry_at"))
    assert said == {("refused", "wrong key", None)}


def test_what_is_withdrawn_is_not_sent_and_what_was_sent_all_the_same_was(
    receiver: Receiver,
) -> None:
    receiver.hang("/a")
    put(hook(receiver, "/a"), "on its way", "not begun")
    work = Sender()
    run(work, lambda: bool(receiver.at("/a")))
    outbox.withdraw(["on its way", "not begun"])
    receiver.over.set()
    run(work, lambda: states()["on its way"] != "withdrawn")
    del receiver.answers["/a"]
    work._looked_at = -sender.POLL
    work.step()
    assert states()["not begun"] == "withdrawn"
    assert keys(receiver, "/a") == ["on its way"]


def test_who_may_not_see_it_any_more_is_not_told_what_waited(receiver: Receiver) -> None:
    near = Site.objects.create(slug="near", name="Near")
    vera = may(User.objects.create_user("vera"), (Role.VIEWER, near))
    channel = hook(receiver, "/a")
    for key, site_id in (("elsewhere", None), ("here", near.pk)):
        content = made.content(sentence=key, site_id=site_id)
        assert outbox.put(key, content, channel.pk, user_id=vera.pk)
    run(Sender(), lambda: states() == {"elsewhere": "withdrawn", "here": "sent"})
    assert keys(receiver, "/a") == ["here"]


def test_a_database_that_is_away_when_it_was_taken_makes_nobody_be_told_twice(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hook(receiver, "/a"), "k")
    work, refused = Sender(), []

    def refuse(*_arguments: object) -> None:
        refused.append(True)
        raise OperationalError("the database system is shutting down")

    with monkeypatch.context() as away:
        away.setattr(deliveries, "record", refuse)

        def step() -> bool:
            with suppress(OperationalError):
                work.step()
            return len(refused) == 3

        eventually(step)
    run(work, lambda: states() == {"k": "sent"})
    assert len(receiver.at("/a")) == 1


def test_a_channel_that_is_gone_deleted_or_disabled_is_not_sent_to(receiver: Receiver) -> None:
    receiver.answer("/gone", 410)
    gone, deleted, disabled = (hook(receiver, path) for path in ("/gone", "/deleted", "/off"))
    for each in (gone, deleted, disabled):
        put(each, f"k {each.pk}")
    deleted.delete()
    Channel.objects.filter(pk=disabled.pk).update(enabled=False)
    put_more = Sender()
    run(put_more, lambda: "failed" in states().values())
    gone.refresh_from_db()
    assert not gone.enabled
    assert {each.path for each in receiver.received} == {"/gone"}
    deliveries.tend()
    assert Notification.objects.get(channel=None).state == "withdrawn"


def test_a_fault_of_ours_in_one_kind_is_that_kinds_alone(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(made.channel("ntfy", settings={}, secrets={"token": "secret-token"}), "broken")
    put(hook(receiver, "/a"), "k")
    run(Sender(), lambda: states()["k"] == "sent" and Delivery.objects.count() == 2)
    failed = Delivery.objects.get(notification__key="broken")
    assert failed.answer == "A fault of Pulseboard: KeyError."
    assert "secret-token" not in caplog.text


def test_no_secret_and_nothing_unprintable_gets_into_the_log(receiver: Receiver) -> None:
    receiver.answer("/very/secret/path", 403, f"no {KEY} for /very/secret/path\x00\x1b[31m" * 500)
    put(hook(receiver, "/very/secret/path"), "k")
    run(Sender(), lambda: states() == {"k": "failed"})
    answer = Delivery.objects.get().answer
    assert answer.startswith("no ••• for ••• [31mno")
    assert len(answer) == 2_000
    channel = Channel.objects.get()
    assert "secret" not in channel.trouble + channel.sealed + json.dumps(channel.settings)


def test_what_is_a_day_old_is_given_up_and_what_is_long_over_forgotten(
    receiver: Receiver,
) -> None:
    channel = hook(receiver, "/a")
    put(channel, "old", due_at=clock.now() - timedelta(days=2))
    put(channel, "new")
    put(channel, "ancient", "older")
    ended = clock.now() - timedelta(days=deliveries.KEPT_DAYS + 1)
    Notification.objects.filter(key__in=["ancient", "older"]).update(state="sent", ended_at=ended)
    assert deliveries.tend() == "gave up 1 notifications, forgot 2 notifications"
    assert states() == {"old": "failed", "new": "waiting"}
    assert deliveries.tend() == ""


def test_a_process_that_ends_waits_for_what_is_in_hand(receiver: Receiver) -> None:
    receiver.hang("/a")
    put(hook(receiver, "/a"), "k")
    work = Sender()
    run(work, lambda: bool(receiver.at("/a")))
    threading.Timer(0.2, receiver.over.set).start()
    work.close()
    assert Delivery.objects.count() == 1
