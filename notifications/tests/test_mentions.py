"""Who is named in the log is told once, on their own channels, as their wishes say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from access.scope import EVERYTHING, NOTHING, Scope
from devices import clock
from devices.models import Site
from notifications import mentions
from notifications.models import Notification, Recipient
from notifications.tests.made import channel
from shiftlog import writing
from shiftlog.models import Entry, Mention

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def ben() -> User:
    user = User.objects.create_user("ben")
    channel(owner=user)
    return user


def say(by: User, text: str, site: Site | None = None) -> Entry:
    return writing.write(writing.Draft(text=text, site=site, client_id=uuid4()), by)[0]


def told() -> list[tuple[str | None, str]]:
    found = Notification.objects.order_by("id").select_related("user")
    return [(each.user and each.user.username, each.content["sentence"]) for each in found]


def step() -> None:
    (follower,) = mentions.FOLLOWERS
    follower.begin().step()


def test_who_is_named_is_told_once(olga: User, ben: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://board.example"
    site = Site.objects.create(slug="hall", name="Hall")
    entry = say(olga, "@ben and @olga, the door. @nobody", site)
    say(olga, "nobody is named")
    for _ in range(2):
        step()
    assert told() == [("ben", "olga: @ben and @olga, the door. @nobody")]
    (sent,) = Notification.objects.all()
    assert sent.site == site
    assert sent.content["subject"] == "olga mentioned you in the log (Hall)"
    assert sent.content["url"] == f"https://board.example/log/?entry={entry.pk}"
    writing.edit(entry.pk, EVERYTHING, olga, {"text": "@ben @olga the door is open"})
    step()
    assert len(told()) == 1  # who was told is not told of an edit


def test_what_was_deleted_before_is_not_told(olga: User, ben: User) -> None:
    entry = say(olga, "@ben oops")
    writing.delete(entry.pk, EVERYTHING, olga)
    step()
    assert told() == []


def test_wishes_hold(olga: User, ben: User) -> None:
    recipient, _ = Recipient.objects.get_or_create(user=ben)
    recipient.quiet = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "23:59"}]
    recipient.save()
    say(olga, "@ben later")
    step()
    recipient.refresh_from_db()
    (held,) = Notification.objects.all()
    assert held.due_at >= clock.now() - timedelta(minutes=1)
    recipient.quiet, recipient.paused_until = [], clock.now() + timedelta(days=1)
    recipient.save()
    say(olga, "@ben not now")
    step()
    assert Notification.objects.count() == 1
    assert not Mention.objects.filter(told_at=None).exists()


def test_who_may_not_see_it_any_more_is_not_told(
    olga: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(olga, "@ben secret", Site.objects.create(slug="hall", name="Hall"))
    monkeypatch.setattr(Scope, "of", classmethod(lambda _cls, _who: NOTHING))
    step()
    assert told() == []
