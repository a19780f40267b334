"""A sender of which many messages are refused is in the log, once an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.models import Device, Site
from shiftlog.models import Entry
from shiftlog.noted.quarantine import LEAST, WITHIN, note_bursts
from telemetry.models import QuarantinedMessage

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def refuse(uid: str, count: int, at: datetime = NOW) -> None:
    QuarantinedMessage.objects.bulk_create(
        QuarantinedMessage(
            received_at=at, topic=f"devices/{uid}/telemetry", uid=uid, reason="malformed_json",
            payload=b"{", payload_size=1,
        )
        for _ in range(count)
    )  # fmt: skip


def test_a_burst_is_noted_once_an_hour_where_its_device_stands() -> None:
    site = Site.objects.create(slug="hall", name="Hall")
    Device.objects.create(uid="a", name="Pump", site=site)
    refuse("a", LEAST, NOW - timedelta(minutes=5))
    refuse("stranger", LEAST + 1, NOW)
    refuse("few", LEAST - 1, NOW)
    refuse("long-ago", LEAST, NOW - WITHIN - timedelta(seconds=1))
    for minutes in (0, 1, 2):
        note_bursts(NOW + timedelta(minutes=minutes))
    found = Entry.objects.order_by("-site", "id").values_list("text", "site__slug", "starts_at")
    assert sorted(found, key=lambda each: each[0]) == [
        ("50 messages of Pump were refused within 10 min: malformed json.", "hall",
         NOW - timedelta(minutes=5)),
        ("51 messages of stranger were refused within 10 min: malformed json.", None, NOW),
    ]  # fmt: skip
    refuse("a", LEAST, NOW + timedelta(minutes=30))
    note_bursts(NOW + timedelta(minutes=31))  # the next hour
    assert Entry.objects.filter(site=site).count() == 2
