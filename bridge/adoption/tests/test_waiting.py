"""Devices that nobody has registered are noted, kept a few times, and adopted by the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from bridge.adoption import candidates, waiting
from bridge.adoption.candidates import KEPT
from bridge.adoption.tests.conftest import NOW_US, say
from bridge.decode.conventions import homie
from bridge.models import Candidate, ConventionState, IgnoredMessages
from bridge.tests.test_transaction import Transaction, message, stored_values
from devices import clock
from devices.models import Device, DeviceAlias
from telemetry.models import QuarantinedMessage, Series


@pytest.fixture
def api(admin_user) -> APIClient:
    client = APIClient()
    client.force_authenticate(admin_user)
    return client


def test_who_speaks_waits_with_what_it_said(hall: Transaction) -> None:
    facts = {"name": "Lamp", "model": "L1", "aliases": ["00:11:22"], "expires_after_s": 600}
    about = {"metric": "t", "unit": "°C", "label": "Air", "quantity": "temperature"}
    say(hall, ("lamp", {"described": [facts, about]}), ("lamp", "online"), ("lamp", {"t": 21.5}))
    row = Candidate.objects.get()
    assert (row.uid, row.convention, row.topic) == ("lamp", "hall", "hall/lamp")
    assert (row.messages, row.kept, row.online, row.gateway) == (3, 1, True, "gateway-1")
    assert row.described == {
        "name": "Lamp", "model": "L1", "expires_after_s": 600
    }  # fmt: skip
    assert row.metrics["t"] == {
        "unit": "°C", "label": "Air", "quantity": "temperature", "value": 21.5
    }  # fmt: skip
    assert row.sample == '{"t": 21.5}'
    assert len(row.aliases) == 1
    # Of a description nothing is lost, so it is not in quarantine.
    assert QuarantinedMessage.objects.count() == 1


def test_of_one_that_waits_a_few_messages_are_kept_and_all_are_counted(hall: Transaction) -> None:
    for first in (0, 40):
        say(hall, *(("lamp", {"t": first + n}) for n in range(40)))
    assert QuarantinedMessage.objects.count() == KEPT
    row = Candidate.objects.get()
    assert (row.messages, row.kept, row.metrics["t"]["value"]) == (80, KEPT, 79)
    ignored = IgnoredMessages.objects.get(reason=waiting.WAITING_DEVICE)
    assert (ignored.subject, ignored.messages) == ("hall", 80 - KEPT)


def test_native_messages_are_all_kept(hall: Transaction) -> None:
    hall.commit([message(b'{"t":1}', topic=b"devices/new-1/telemetry", mid=n) for n in range(40)])
    assert QuarantinedMessage.objects.count() == 40
    assert Candidate.objects.get().convention == "pulseboard"


def test_who_is_ignored_is_counted_and_nothing_else(hall: Transaction) -> None:
    say(hall, ("lamp", {"t": 1}))
    Candidate.objects.update(ignored=True)
    say(hall, ("lamp", {"t": 2}), ("lamp", "online"))
    row = Candidate.objects.get()
    assert (row.messages, row.online) == (1, None)
    assert IgnoredMessages.objects.get(reason=waiting.IGNORED_DEVICE).messages == 2
    assert QuarantinedMessage.objects.count() == 1


def test_a_flood_of_ids_is_bounded(
    hall: Transaction, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", 30)
    monkeypatch.setattr(candidates, "MAX_NEW", 20)
    for start in range(0, 100, 50):
        say(hall, *((f"id-{start + n}", {"t": 1}) for n in range(50)))
    assert Candidate.objects.count() == 30
    kept = QuarantinedMessage.objects.count()
    Candidate.objects.update(last_at=clock.now())
    # From now on nothing is kept of new ones, and everybody sees why.
    hall.committer.transaction.rows._waiting._inbox_full = (0.0, False)
    say(hall, *((f"late-{n}", {"t": 1}) for n in range(50)))
    assert (Candidate.objects.count(), QuarantinedMessage.objects.count()) == (30, kept)
    assert IgnoredMessages.objects.get(reason=waiting.TURNED_AWAY).messages == 50
    answer = api.get("/api/v1/inbox/").json()
    assert (answer["total"], answer["most"], answer["turned_away"]) == (30, 30, 50)
    assert answer["memory_full"] == {}


def test_a_convention_that_can_remember_no_more_says_so(
    hall: Transaction, api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homie, "MAX_DEVICES", 3)
    hall.commit(
        [message(b"ready", topic=b"homie/5/random-%d/$state" % n, mid=n + 1) for n in range(5)]
    )
    assert len(ConventionState.objects.filter(convention="homie", scope="states")) == 3
    assert api.get("/api/v1/inbox/").json()["memory_full"] == {"homie": 2}
    assert hall.committer.counters.not_remembered == 2


def test_who_was_silent_for_a_day_makes_room_and_who_is_ignored_does_not(
    hall: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MAX_CANDIDATES", 3)
    say(hall, *((f"old-{n}", {"t": 1}) for n in range(3)))
    Candidate.objects.update(last_at=clock.now() - timedelta(days=3))
    Candidate.objects.filter(uid="old-0").update(ignored=True)
    Candidate.objects.filter(uid="old-2").update(last_at=clock.now())
    say(hall, ("new-1", {"t": 1}), ("new-2", {"t": 1}))
    uids = set(Candidate.objects.values_list("uid", flat=True))
    assert uids == {"old-0", "old-2", "new-1"}


def test_who_is_named_in_the_settings_becomes_a_device_by_itself(
    hall: Transaction, settings
) -> None:
    facts = {"name": "Lamp", "model": "L1", "aliases": ["lamp-mac"]}
    say(hall, ("lamp", {"described": [facts]}), ("other", {"described": [facts]}))
    settings.AUTO_ADOPT = ["hall"]
    done = say(hall, ("lamp", {"t": 21.5, "at": NOW_US}), ("lamp", {"t": 22.5}))
    assert done.stored == 2
    device = Device.objects.get(uid="lamp")
    assert (device.name, device.convention) == ("Lamp", "hall")
    assert device.metadata == {"described": {"name": "Lamp", "model": "L1", "gateway": "gateway-1"}}
    assert stored_values() == {21.5, 22.5}
    # Who has only been spoken of waits.
    assert list(Candidate.objects.values_list("uid", flat=True)) == ["other"]
    assert DeviceAlias.objects.get().device == device
    hall.committer.transaction.rows._registry.refresh(NOW_US / 1e6 + 100)
    say(hall, ("lamp-mac", {"t": 3}))
    assert Series.objects.count() == 1
    assert stored_values() == {21.5, 22.5, 3}


def test_a_topic_in_the_settings_is_enough(hall: Transaction, settings) -> None:
    settings.AUTO_ADOPT = ["hall/+"]
    say(hall, ("lamp", {"t": 1}))
    assert Device.objects.filter(uid="lamp").exists()


def test_there_is_an_end_to_what_is_adopted_by_itself(
    hall: Transaction, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUTO_ADOPT = ["hall"]
    monkeypatch.setattr(waiting, "MAX_ADOPTED", 3)
    say(hall, *((f"id-{n}", {"t": 1}) for n in range(2)))
    say(hall, *((f"id-{n}", {"t": 1}) for n in range(10)))
    say(hall, *((f"id-{n}", {"t": 1}) for n in range(10)))
    assert Device.objects.filter(convention="hall").count() == 3
    assert set(Candidate.objects.values_list("reason", flat=True)) == {"too_many_devices"}
    assert QuarantinedMessage.objects.filter(reason="too_many_devices").exists()
