"""What is kept in quarantine is bounded, and shared out so that nobody drives out the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from access.scope import EVERYTHING
from devices.models import Device
from telemetry import quarantine
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_ms

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pumps():
    return [Device.objects.create(uid=f"pump-{n}", name=f"Pump {n}") for n in range(3)]


def keep(uid: str, *, many: int = 1, reason: str = "malformed_json", **facts) -> list[int]:
    """Messages of one sender, oldest first; their ids."""
    facts = {"received_at": NOW, "topic": "t", "payload": b"{", "payload_size": 1} | facts
    made = [QuarantinedMessage(uid=uid, reason=reason, **facts) for _ in range(many)]
    return [message.id for message in QuarantinedMessage.objects.bulk_create(made)]


def left() -> list[int]:
    return sorted(QuarantinedMessage.objects.values_list("id", flat=True))


def test_what_is_too_old_goes(settings):
    settings.QUARANTINE_RETENTION_DAYS = 5
    keep("pump-0", received_at=NOW - timedelta(days=8))
    young = keep("pump-0")
    assert quarantine.trim(NOW) == 1
    assert left() == young


def test_who_floods_loses_its_own(monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_MESSAGES", 10)
    monkeypatch.setattr(quarantine, "TRIM_CHUNK", 3)
    evidence = keep("pump-0", many=2) + keep("pump-1", reason="bad_status")
    flood = keep("pump-2", many=20)
    assert quarantine.trim(NOW) == 13
    assert left() == sorted(evidence + flood[-7:])


def test_one_cause_of_a_device_does_not_drive_out_its_others(monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_MESSAGES", 5)
    rare = keep("pump-0", reason="bad_status")
    flood = keep("pump-0", many=20)
    quarantine.trim(NOW)
    assert left() == sorted(rare + flood[-4:])


def test_strangers_invented_by_the_thousand_cost_no_registered_device_anything(monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_STRANGE_MESSAGES", 5)
    monkeypatch.setattr(quarantine, "MAX_MESSAGES", 8)  # so it has room for no stranger beside it
    evidence = keep("pump-0", many=8)
    strangers = [keep(f"invented-{n}")[0] for n in range(20)]
    nameless = keep("", topic="elsewhere", many=3)
    quarantine.trim(NOW)
    assert left() == sorted(evidence + strangers[-4:] + nameless[-1:])


def test_bytes_are_bounded_as_they_are_kept(monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_BYTES", 100)
    monkeypatch.setattr(quarantine, "KEPT_PAYLOAD", 40)
    keep("pump-0")
    large = keep("pump-0", many=3, payload_size=5_000)
    quarantine.trim(NOW)
    assert left() == large[-2:]


def test_every_unregistered_sender_is_found_page_by_page():
    for number in range(7):
        keep(f"stranger-{number}", many=2, received_at=NOW - timedelta(minutes=number))
    keep("pump-0")
    found, after = [], ""
    while after is not None:
        page = quarantine.unregistered(EVERYTHING, 3, after)
        assert page.total == 7
        found += [sender.uid for sender in page.senders]
        keep("stranger-6")  # who speaks while we walk is neither missed nor met twice
        after = page.next
    assert found == [f"stranger-{number}" for number in range(7)]
    newest = quarantine.unregistered(EVERYTHING, 3)
    assert newest.senders[0].uid == "stranger-0"
    assert newest.next is None


def test_messages_are_counted_by_sender_and_reason(admin_client):
    long = {"topic": "devices/pump-0/telemetry", "detail": "line 1", "payload": b"x" * 3_000_000}
    keep("pump-0", many=3, **long)
    newest = keep("pump-0", reason="bad_status", received_at=NOW + timedelta(minutes=1))
    keep("", reason="unknown_topic")
    answer = admin_client.get("/api/v1/quarantine/groups/").json()
    assert answer["total"] == 3
    counted = [(each["uid"], each["reason"], each["messages"]) for each in answer["groups"]]
    assert counted == [
        ("pump-0", "bad_status", 1),
        ("", "unknown_topic", 1),
        ("pump-0", "malformed_json", 3),
    ]
    assert answer["groups"][0]["newest"] == newest[0]
    first = answer["groups"][2]
    assert (first["topic"], first["detail"]) == ("devices/pump-0/telemetry", "line 1")
    assert first["sample"] == "x" * quarantine.EXCERPT  # not the megabyte of it


def test_a_group_is_discarded_up_to_what_was_seen(admin_client, monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_DISCARDED", 2)
    keep("pump-0", many=3)
    later = keep("pump-0", received_at=NOW + timedelta(minutes=1))
    others = keep("pump-0", reason="bad_status") + keep("") + keep("pump-1")
    seen = f"/api/v1/quarantine/groups/?reason=malformed_json&to={to_ms(NOW) + 1}"
    for discarded, more in ((2, True), (1, False), (0, False)):
        answer = admin_client.delete(f"{seen}&uid=pump-0").json()
        assert answer == {"discarded": discarded, "more": more}
    kept = QuarantinedMessage.objects.order_by("id").values_list("id", flat=True)
    assert sorted(kept) == sorted(later + others)
    assert admin_client.delete(f"{seen}&uid=").json()["discarded"] == 1  # what names no device
    assert QuarantinedMessage.objects.filter(uid="pump-1").exists()
    for missing in ("", "?uid=pump-0", "?uid=pump-0&reason=malformed_json", "?reason=x&to=1"):
        assert admin_client.delete(f"/api/v1/quarantine/groups/{missing}").status_code == 400


def test_messages_that_name_no_device_are_listed_by_an_empty_uid(admin_client):
    keep("pump-0")
    (nameless,) = keep("")
    answer = admin_client.get("/api/v1/quarantine/?uid=").json()
    assert [each["id"] for each in answer["results"]] == [nameless]
