"""Series in the admin, and the read-only view of what the bridge set aside."""

import pytest
from django.utils import timezone

from devices.models import Device
from telemetry.models import QuarantinedMessage, Series
from telemetry.worker_counts import IngestWorker


@pytest.fixture
def series(db):
    device = Device.objects.create(uid="m-1", name="Motor")
    return Series.objects.create(device=device, metric="speed")


def test_a_device_page_shows_its_series(admin_client, series):
    page = admin_client.get(f"/admin/devices/device/{series.device_id}/change/").content.decode()
    assert "speed" in page
    assert f"/admin/telemetry/series/{series.pk}/change/" in page


def test_a_series_keeps_its_metric_and_what_is_chosen_is_noted(admin_client, series):
    url = f"/admin/telemetry/series/{series.pk}/change/"
    body = {"metric": "other", "unit": "rpm", "kind": "text", "precision": "1"}
    assert admin_client.post(url, body).status_code == 302
    series.refresh_from_db()
    assert (series.metric, series.unit, series.kind) == ("speed", "rpm", "text")
    assert series.chosen == ["kind", "precision", "unit"]
    assert admin_client.post(url, {**body, "unit": "", "kind": "counter"}).status_code == 302
    series.refresh_from_db()
    assert (series.kind, series.chosen) == ("counter", ["kind", "precision"])


def test_quarantine_and_workers_are_only_looked_at(admin_client):
    message = QuarantinedMessage.objects.create(
        received_at=timezone.now(),
        topic="devices/x/telemetry",
        uid="x",
        reason="malformed_json",
        payload=b'{"a":\xff<script>',
        payload_size=14,
    )
    IngestWorker.objects.create(
        name="bridge-0", started_at=timezone.now(), updated_at=timezone.now()
    )
    assert admin_client.get("/admin/telemetry/quarantinedmessage/").status_code == 200
    assert admin_client.get("/admin/telemetry/ingestworker/").status_code == 200
    url = f"/admin/telemetry/quarantinedmessage/{message.pk}/change/"
    page = admin_client.get(url).content.decode()
    assert "\\xff&lt;script&gt;" in page
    assert admin_client.post(url, {"reason": "x"}).status_code == 403
    assert admin_client.get("/admin/telemetry/quarantinedmessage/add/").status_code == 403
