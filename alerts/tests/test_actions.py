"""What people do about alerts: twice, too late, at the same time, and after it is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection

from access.roles import Role
from access.scope import EVERYTHING, Scope
from alerts import actions
from alerts.models import Alert, AlertEvent
from alerts.tests.made import make_alert
from devices import clock
from devices.models import Site
from tests.granted import may

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create_user("anna")


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben")


def kinds(alert: Alert) -> list[str]:
    return list(alert.events.values_list("kind", flat=True))


def test_who_acknowledged_when_and_what_they_said_is_kept(anna: User):
    alert = make_alert()
    before = clock.now()
    answer = actions.acknowledge(alert.pk, EVERYTHING, anna, note="on my way", via="link")
    assert (answer.changed, answer.detail) == (True, "")
    alert.refresh_from_db()
    assert alert.acknowledged_by == anna
    assert alert.acknowledged_at is not None
    assert alert.acknowledged_at >= before
    (event,) = alert.events.all()
    assert (event.kind, event.by, event.at) == ("acknowledged", anna, alert.acknowledged_at)
    assert event.detail == {"note": "on my way", "via": "link"}


def test_acknowledging_again_changes_nothing_and_says_who_was_first(anna: User, ben: User):
    alert = make_alert()
    actions.acknowledge(alert.pk, EVERYTHING, anna)
    first = Alert.objects.get().acknowledged_at
    for who, word in ((anna, "You"), (ben, "anna"), (None, "anna")):
        answer = actions.acknowledge(alert.pk, EVERYTHING, who)
        assert not answer.changed
        assert answer.detail.startswith(f"{word} acknowledged it at ")
    assert Alert.objects.get().acknowledged_at == first
    assert kinds(alert) == ["acknowledged"]


LATE: dict[str, Callable[[int, User], actions.Answer]] = {
    "acknowledge": lambda pk, by: actions.acknowledge(pk, EVERYTHING, by),
    "assign": lambda pk, by: actions.assign(pk, EVERYTHING, by, by),
    "snooze": lambda pk, by: actions.snooze(
        pk, EVERYTHING, by, clock.now() + timedelta(hours=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("act", LATE.values(), ids=LATE)
def test_what_has_cleared_needs_nobody(anna: User, act: Callable[[int, User], actions.Answer]):
    alert = make_alert(cleared_at=clock.now())
    answer = act(alert.pk, anna)
    assert not answer.changed
    assert answer.detail.startswith("It cleared at ")
    assert kinds(alert) == []


@pytest.mark.parametrize("act", LATE.values(), ids=LATE)
def test_what_is_gone_or_elsewhere_is_not_there(
    anna: User, act: Callable[[int, User], actions.Answer], monkeypatch: pytest.MonkeyPatch
):
    far = Site.objects.create(slug="far", name="Far")
    near = Site.objects.create(slug="near", name="Near")
    alert = make_alert(site=far)
    with pytest.raises(actions.NoSuchAlert):
        actions.comment(alert.pk, Scope(frozenset({near.pk})), anna, "seen")
    pk = alert.pk
    alert.delete()
    with pytest.raises(actions.NoSuchAlert):
        act(pk, anna)
    assert not AlertEvent.objects.exists()


def test_it_is_nobodys_again_and_taken_once_more(anna: User, ben: User):
    alert = make_alert()
    assert actions.unacknowledge(alert.pk, EVERYTHING, anna).detail == "Nobody has acknowledged it."
    actions.acknowledge(alert.pk, EVERYTHING, anna)
    assert actions.unacknowledge(alert.pk, EVERYTHING, ben).changed
    assert actions.acknowledge(alert.pk, EVERYTHING, ben).changed
    assert Alert.objects.get().acknowledged_by == ben
    assert kinds(alert) == ["acknowledged", "unacknowledged", "acknowledged"]


def test_it_is_assigned_only_to_an_operator_of_its_site(anna: User, ben: User):
    site = Site.objects.create(slug="far", name="Far")
    alert = make_alert(site=site)
    assert actions.assign(alert.pk, EVERYTHING, anna, ben).changed
    assert actions.assign(alert.pk, EVERYTHING, anna, ben).detail == "It is ben's already."
    assert actions.assign(alert.pk, EVERYTHING, anna, None).changed
    with pytest.raises(actions.Refused, match="ben is no operator"):
        actions.assign(alert.pk, EVERYTHING, anna, may(ben, (Role.VIEWER, None)))
    assert [each.detail for each in alert.events.all()] == [{"to": "ben"}, {"to": None}]


def test_it_is_snoozed_for_a_bounded_time(anna: User):
    alert = make_alert()
    until = clock.now() + timedelta(hours=8)
    assert actions.snooze(alert.pk, EVERYTHING, anna, until).changed
    assert "already" in actions.snooze(alert.pk, EVERYTHING, anna, until).detail
    for wrong in (clock.now() - timedelta(seconds=1), until + actions.MAX_SNOOZE):
        with pytest.raises(actions.Refused):
            actions.snooze(alert.pk, EVERYTHING, anna, wrong)
    assert actions.snooze(alert.pk, EVERYTHING, anna, None).changed
    assert Alert.objects.get().snoozed_until is None
    assert kinds(alert) == ["snoozed", "snoozed"]


def test_comments_are_said_also_of_what_is_over(anna: User):
    alert = make_alert(cleared_at=clock.now())
    assert actions.comment(alert.pk, EVERYTHING, anna, " the door \n").changed
    with pytest.raises(actions.Refused):
        actions.comment(alert.pk, EVERYTHING, anna, " ")
    assert [each.detail for each in alert.events.all()] == [{"text": "the door"}]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_is_first_and_the_other_is_told(anna: User, ben: User):
    alert = make_alert()
    ready = Barrier(2)

    def take(who: User) -> actions.Answer:
        try:
            ready.wait()
            return actions.acknowledge(alert.pk, EVERYTHING, who)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(take, (anna, ben)))
    first, second = sorted(answers, key=lambda each: not each.changed)
    assert first.changed
    assert not second.changed
    name = first.alert.acknowledged_by.username
    assert second.detail.startswith(f"{name} acknowledged it at ")
    assert kinds(alert) == ["acknowledged"]


def test_a_change_of_the_engine_meanwhile_stays(anna: User):
    """People change what is theirs: a sentence that grew worse is not put back."""
    alert = make_alert()
    Alert.objects.filter(pk=alert.pk).update(worst=4.0, flaps=2)
    actions.acknowledge(alert.pk, EVERYTHING, anna)
    alert.refresh_from_db()
    assert (alert.worst, alert.flaps) == (4.0, 2)
