"""What is decided is put once, with the decision or not at all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from devices.models import Site
from notifications import outbox
from notifications.content import Content
from notifications.models import Channel, Notification
from notifications.outbox import Wanted
from notifications.sealed import Unreadable
from notifications.tests import made


@pytest.mark.django_db
def test_a_key_is_put_once_a_channel() -> None:
    one, other = made.channel(), made.channel()
    assert outbox.put("alert-12-fired", made.content(), one.pk)
    assert not outbox.put("alert-12-fired", made.content(sentence="again"), one.pk)
    assert outbox.put("alert-12-fired", made.content(), other.pk)
    rows = Notification.objects.order_by("id")
    assert [row.channel for row in rows] == [one, other]
    assert len({row.token for row in rows}) == 2
    assert Content.read(rows[0].content) == made.content()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_of_what_was_not_decided() -> None:
    channel = made.channel()
    with transaction.atomic():
        outbox.put("k", made.content(), channel.pk)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_decide_the_same_at_once_put_it_once() -> None:
    channel = made.channel()
    both = threading.Barrier(2)
    decided: list[bool] = []

    def decide() -> None:
        try:
            with transaction.atomic():
                both.wait(timeout=60)
                decided.append(outbox.put("k", made.content(), channel.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sorted(decided) == [False, True]
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_deleted_meanwhile_costs_the_others_nothing() -> None:
    """Otherwise its foreign key would fail the whole decision, at COMMIT."""
    there, gone, disabled = made.channel(), made.channel(), made.channel(enabled=False)
    user = User.objects.create_user("ana", password="a-long-password-1")
    site = Site.objects.create(slug="far", name="Far")
    content = made.content(site_id=site.pk)
    wanted = [
        Wanted(key="k", content=content, channel_id=each.pk, user_id=user.pk)
        for each in (gone, there, disabled)
    ]
    gone.delete()
    user.delete()
    site.delete()
    with transaction.atomic():
        assert outbox.put_all(wanted) == 1
    (row,) = Notification.objects.all()
    assert (row.channel, row.user_id, row.site_id) == (there, None, None)


@pytest.mark.django_db
def test_of_a_channel_that_is_gone_what_it_told_stays_readable() -> None:
    channel = made.channel(name="Ops room")
    outbox.put("k", made.content(), channel.pk)
    channel.delete()
    row = Notification.objects.get()
    assert (row.channel, row.channel_name) == (None, "Ops room")


@pytest.mark.django_db
def test_what_is_not_wanted_any_more_is_withdrawn() -> None:
    channel = made.channel()
    for key, alert_id in (("a", 1), ("b", 1), ("c", 2)):
        outbox.put(key, made.content(alert_id=alert_id), channel.pk)
    Notification.objects.filter(key="a").update(state="sent")
    assert outbox.withdraw_alert(1) == 1
    assert outbox.withdraw(["a", "c"]) == 1
    states = dict(Notification.objects.values_list("key", "state"))
    assert states == {"a": "sent", "b": "withdrawn", "c": "withdrawn"}


def test_content_keeps_its_times() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    content = made.content(started_at=at, items=[{"sentence": "s"}])
    assert Content.read(content.as_json()) == content
    assert Content.read({**content.as_json(), "of_a_later_version": 1}) == content


@pytest.mark.django_db
def test_secrets_are_unreadable_at_rest_and_under_another_key(settings: Any) -> None:
    channel = Channel.objects.get(pk=made.channel(secrets={"token": "tk_1"}).pk)
    assert "tk_1" not in channel.sealed
    assert channel.secrets() == {"token": "tk_1"}
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(Unreadable):
        channel.secrets()
