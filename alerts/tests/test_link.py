"""The link that acknowledges: signed, used once, without a log-in; looking at it does nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from access.roles import Role
from alerts.models import Alert, AlertEvent
from alerts.tests.test_told import NOON, alert, happened, person, policy, worked
from devices.models import Site
from notifications import links
from notifications.models import Channel, Decision, Notification
from notifications.tests import made
from tests.granted import may


@pytest.fixture(autouse=True)
def _database(db: None) -> None: ...


@pytest.fixture
def client() -> Client:
    """Of nobody, and it must need no cookie."""
    return Client(enforce_csrf_checks=True)


def path(**more: Any) -> str:
    """Of the link that olga gets."""
    policy({"users": [person("olga")], **more})
    happened("fired", alert(), site="Depot")
    worked(NOON)
    return links.PATH + links.token(Decision.objects.order_by("id")[0].pk) + "/"


def test_it_shows_what_it_is_and_one_button_and_the_button_works_once(client: Client):
    address = path()
    for _ in range(3):
        page = client.get(address)
        assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
        assert page["Cache-Control"] == "no-store, private"
        text = page.content.decode()
        assert "It is too warm" in text
        assert "Depot" in text
        assert "Acknowledge as olga" in text
        assert client.head(address).status_code == client.options(address).status_code == 200
    assert Alert.objects.get().acknowledged_at is None
    answer = client.post(address)
    assert (answer.status_code, answer["Location"]) == (303, address)
    one = Alert.objects.get()
    assert str(one.acknowledged_by) == "olga"
    for again in (client.post(address, follow=True), client.get(address)):
        assert "<button" not in again.content.decode()
        assert "by <b>olga</b> on" in again.content.decode()
    assert AlertEvent.objects.filter(kind="acknowledged").count() == 1
    assert not client.cookies


def test_of_a_shared_channel_nobody_in_particular_acknowledges(client: Client):
    room = made.channel("slack", name="Cold room")
    policy({"channels": [room]})
    happened("fired", alert())
    worked(NOON)
    client.post(links.PATH + links.token(Decision.objects.get().pk) + "/")
    assert Alert.objects.get().acknowledged_at is not None
    event = AlertEvent.objects.get(kind="acknowledged")
    assert (event.by, event.detail["via"]) == (None, "a link in Cold room")


def test_who_comes_second_is_told_who_was_first(client: Client):
    address = path(channels=[made.channel("slack", name="Cold room")])
    client.post(links.PATH + links.token(Decision.objects.order_by("-id")[0].pk) + "/")
    text = client.get(address).content.decode()
    assert "by way of a link on" in text
    client.post(address)
    assert AlertEvent.objects.filter(kind="acknowledged").count() == 1


def test_an_alert_that_is_over_needs_nobody(client: Client):
    address = path()
    Alert.objects.update(cleared_at=NOON)
    assert "Nothing is left to acknowledge" in client.get(address).content.decode()


def test_a_used_link_does_nothing_again_when_the_alert_was_given_back(client: Client):
    address = path()
    client.post(address)
    Alert.objects.update(acknowledged_at=None, acknowledged_by=None)
    assert "somebody has given the alert back" in client.post(address, follow=True).content.decode()
    assert Alert.objects.get().acknowledged_at is None


ENDED = {
    "not an operator any more": lambda olga: may(olga, (Role.VIEWER, None)),
    "an operator elsewhere": lambda olga: may(olga, (Role.OPERATOR, another_site())),
    "no role at all": may,
    "not let in": lambda olga: User.objects.filter(pk=olga.pk).update(is_active=False),
    "gone": User.delete,
}


def another_site() -> Site:
    return Site.objects.create(name="South", slug="south")


@pytest.mark.parametrize("ended", ENDED)
def test_it_acknowledges_for_nobody_whose_right_has_ended_since(client: Client, ended: str):
    site = Site.objects.create(name="North", slug="north")
    olga = may(person("olga"), (Role.OPERATOR, site))
    policy({"users": [olga]})
    happened("fired", alert(site=site))
    worked(NOON)
    address = links.PATH + links.token(Decision.objects.get().pk) + "/"
    assert "Acknowledge as olga" in client.get(address).content.decode()
    ENDED[ended](olga)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 410
        assert "olga" in answer.content.decode()
    assert Alert.objects.get().acknowledged_at is None
    assert Decision.objects.get().link_used_at is None


@pytest.mark.parametrize("ended", ["switched off", "gone"])
def test_that_of_a_shared_channel_ends_with_the_channel(client: Client, ended: str):
    room = made.channel("slack", name="Cold room")
    policy({"channels": [room]})
    happened("fired", alert())
    worked(NOON)
    address = links.PATH + links.token(Decision.objects.get().pk) + "/"
    if ended == "gone":
        room.delete()
    else:
        Channel.objects.update(enabled=False)
    assert client.post(address).status_code == 410
    assert Alert.objects.get().acknowledged_at is None


def test_who_may_only_look_is_told_and_gets_no_link(settings: Any):
    settings.PUBLIC_URL = "https://pulse.example"
    policy({"users": [may(person("olga"), (Role.VIEWER, None))]})
    happened("fired", alert())
    worked(NOON)
    content = Notification.objects.get().content
    assert (content["sentence"], content.get("acknowledge_url", "")) == ("It is too warm", "")


def test_what_is_forged_expired_or_gone_does_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    address = path()
    token = address.split("/")[2]
    number, stamp, signature = token.split(".")
    forged = [
        f"{int(number) + 1}.{stamp}.{signature}", f"{number}.{signature}", "x", "1" * 300,
        signing.TimestampSigner(salt="another", sep=".").sign(number), token[:-1],
    ]  # fmt: skip
    for each in forged:
        answer = client.post(f"/a/{each}/")
        assert answer.status_code == 404, each
        assert answer["Referrer-Policy"] == "no-referrer"
    with monkeypatch.context() as patch:
        patch.setattr(links, "EXPIRES", timedelta(seconds=-1))
        assert client.post(address).status_code == 410
    assert Alert.objects.get().acknowledged_at is None
    Alert.objects.all().delete()
    assert client.get(address).status_code == 410
    Decision.objects.all().delete()
    answer = client.get(address)
    assert answer.status_code == 410
    assert "not kept any more" in answer.content.decode()
