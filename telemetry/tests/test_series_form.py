"""A series looks the same wherever it is told of."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from devices.models import Device
from devices.summary import device_summary
from telemetry.models import Series
from telemetry.series.facts import SeriesRow
from telemetry.series.form import series_form

pytestmark = pytest.mark.django_db


def test_every_answer_begins_a_series_and_a_device_alike(admin_client: Client) -> None:
    device = Device.objects.create(uid="boiler", name="Boiler", kind="boiler")
    made = Series.objects.create(device=device, metric="zone 1, °", unit="°C", precision=1)
    form, about = series_form(made), device_summary(device)
    assert form == series_form(SeriesRow(made.id, device.id, "zone 1, °", "°C", "gauge", 1))
    (fleet,) = admin_client.get("/api/v1/fleet/").json()["devices"]
    (latest,) = admin_client.get("/api/v1/devices/boiler/latest/").json()["series"]
    (window,) = admin_client.get(f"/api/v1/readings/?series={made.id}").json()["series"]
    page = admin_client.get("/devices/boiler/").content.decode()
    facts = json.loads(
        re.search(r'<script id="device-facts"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    )
    rest = admin_client.get(f"/api/v1/series/{made.id}/").json()
    for told in (fleet["series"][0], latest, window, facts["series"][0], rest):
        assert form.items() <= told.items()
    for told in (fleet, facts):
        assert about.items() <= told.items()
