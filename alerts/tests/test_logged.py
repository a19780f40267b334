"""Each alert has a thread in the log, and what is said there is a comment of the alert."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.scope import EVERYTHING
from alerts import actions, logged
from alerts.engine.book import Book
from alerts.models import Alert
from alerts.tests.made import make_alert
from devices import clock
from devices.models import Device, Site
from shiftlog.models import Entry
from telemetry.moments import to_us

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna")


@pytest.fixture
def alert() -> Alert:
    return make_alert(site=Site.objects.create(slug="hall", name="Hall"))


def tell(*happened: tuple[Alert, str, str]) -> None:
    """As the engine does, in one transaction."""
    book = Book(to_us(clock.now()))
    for alert, what, more in happened:
        book.tell(alert, what, more)
    book.write()


def entries() -> list[tuple[str, bool, str]]:
    """Kind, whether it stands in a thread, author; the oldest first."""
    found = Entry.objects.order_by("id").select_related("thread")
    return [(each.kind, each.thread is not None, each.author_name) for each in found]


def test_an_alert_begins_a_thread_once_and_all_of_it_stands_there(alert: Alert, anna: User) -> None:
    for _ in range(2):
        tell((alert, "fired", ""))
    actions.acknowledge(alert.pk, EVERYTHING, anna, note="on my way")
    actions.comment(alert.pk, EVERYTHING, anna, "The door was open.")
    tell((alert, "fired", "-2"))
    alert.cleared_at = clock.now()
    alert.save()
    for _ in range(2):
        tell((alert, "cleared", "-1"))
    assert entries() == [
        ("alert_fired", False, ""),
        ("alert_acknowledged", True, "anna"),
        ("said", True, "anna"),
        ("alert_fired", True, ""),
        ("alert_cleared", True, ""),
    ]
    root = Entry.objects.earliest("id")
    assert (root.text, root.starts_at, root.facts["alert"]) == (
        alert.sentence, alert.started_at, alert.pk,
    )  # fmt: skip
    assert {each.site_id for each in Entry.objects.all()} == {alert.site_id}
    assert {each.uid for each in Entry.objects.all()} == {"freezer-1"}
    assert Entry.objects.get(kind="alert_acknowledged").text.endswith("— on my way")
    assert Entry.objects.get(kind="alert_cleared").starts_at == alert.cleared_at


def test_what_is_said_in_the_thread_and_at_the_alert_is_one(alert: Alert, anna: User) -> None:
    tell((alert, "fired", ""))
    client = APIClient()
    client.force_authenticate(anna)
    root = Entry.objects.get()
    body: dict[str, Any] = {"text": "I go and look.", "thread": root.pk, "client_id": str(uuid4())}
    for _ in range(2):
        client.post("/api/v1/log/", body)
    client.post("/api/v1/alerts/comment/", {"ids": [alert.pk], "text": "All well."})
    said = ["I go and look.", "All well."]
    events = client.get(f"/api/v1/alerts/{alert.pk}/").json()["events"]
    assert [(each["kind"], each["by"], each["detail"]["text"]) for each in events] == [
        ("commented", "anna", text) for text in said
    ]
    found = client.get(f"/api/v1/log/?thread={root.pk}").json()["entries"]
    assert [each["text"] for each in reversed(found)] == said


def test_an_alert_that_fired_before_there_was_a_log_gets_its_thread(
    alert: Alert, anna: User
) -> None:
    actions.acknowledge(alert.pk, EVERYTHING, anna)
    alert.cleared_at = clock.now()
    alert.save()
    tell((alert, "cleared", ""))
    assert [kind for kind, _, _ in entries()] == [
        "alert_fired", "alert_acknowledged", "alert_cleared",
    ]  # fmt: skip


def test_what_is_part_of_another_alert_has_no_thread_of_its_own(alert: Alert) -> None:
    cause = make_alert("gateway-1")
    alert.cause = cause
    alert.save()
    tell((alert, "fired", ""), (cause, "fired", ""))
    assert [each.uid for each in Entry.objects.all()] == ["gateway-1"]


def test_nobody_is_told_of_what_is_silenced_and_the_log_has_it(alert: Alert) -> None:
    alert.silenced = True
    tell((alert, "fired", ""))
    assert Entry.objects.get().facts["silenced"] is True


def test_a_thread_outlives_its_device_and_its_alert(alert: Alert, anna: User) -> None:
    tell((alert, "fired", ""))
    Device.objects.all().delete()
    Alert.objects.all().delete()
    root = Entry.objects.get()
    assert (root.device_name, root.text) == ("Freezer 1", alert.sentence)
    client = APIClient()
    client.force_authenticate(anna)
    body = {"text": "Old news.", "thread": root.pk, "client_id": str(uuid4())}
    assert client.post("/api/v1/log/", body).status_code == 201
    logged.note_all([])  # of nothing, nothing
    assert Entry.objects.count() == 2
