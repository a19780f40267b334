"""`GET sites/{slug}/day/`: the counts of a site's last 24 hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from devices import clock
from devices.models import Device, Presence, Site
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.storage import rollups
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db


def kept(uid: str, hours_ago: float) -> None:
    QuarantinedMessage.objects.create(
        received_at=timezone.now() - timedelta(hours=hours_ago), topic="t", uid=uid,
        reason="malformed_json", payload=b"{", payload_size=1,
    )  # fmt: skip


def test_a_day_counts_what_stands_there_and_nothing_else(api: APIClient) -> None:
    site = Site.objects.create(slug="roof", name="Roof")
    for uid in ("boiler", "pump", "elsewhere"):
        Device.objects.create(uid=uid, name=uid, site=site if uid != "elsewhere" else None)
    now = clock.now()
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    at = to_ms(this_hour - timedelta(hours=3))
    write(series(uid="boiler").id, [(at + n * 1000, n) for n in range(30)])
    write(series("humidity", uid="pump").id, [(at + 3_600_000 + n * 1000, n) for n in range(7)])
    write(series("old", uid="pump").id, [(at - 86_400_000, 1.0)])
    write(series(uid="elsewhere").id, [(at + n, n) for n in range(5)])
    rollups.run(now)
    Presence.objects.create(device=Device.objects.get(uid="boiler"), last_seen_at=now)
    long_ago = now - timedelta(days=2)
    Presence.objects.create(device=Device.objects.get(uid="pump"), last_seen_at=long_ago)
    for uid, hours in (("boiler", 1), ("pump", 2), ("pump", 30), ("elsewhere", 1), ("", 1)):
        kept(uid, hours)
    answer = api.get("/api/v1/sites/roof/day/").json()
    assert to_ms(now) <= answer.pop("now")
    begins = answer.pop("from")
    assert begins % 3_600_000 == 0
    assert 23 * 3_600_000 <= to_ms(clock.now()) - begins < 24 * 3_600_000
    assert answer == {
        "devices": 2,
        "heard": 1,
        "numbers": 37,
        "hours": [[at, 30], [at + 3_600_000, 7]],
        "quarantined": 2,
    }


def test_a_site_without_anything_counts_zero_and_none_is_not_found(api: APIClient) -> None:
    Site.objects.create(slug="roof", name="Roof")
    answer = api.get("/api/v1/sites/roof/day/").json()
    assert (answer["devices"], answer["numbers"], answer["hours"]) == (0, 0, [])
    assert api.get("/api/v1/sites/cellar/day/").status_code == 404
    assert api.get("/api/v1/sites/roof/day/?days=2").status_code == 400
