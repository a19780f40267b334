"""Telemetry over HTTP as it runs: a Daphne process, a real socket, a real stop."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from influxdb_client import InfluxDBClient, Point, WriteOptions, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from devices.models import Device, Presence
from telemetry.api.pipeline import balance
from telemetry.live import contract
from telemetry.models import QuarantinedMessage
from telemetry.worker_counts import IngestWorker, PipelineMinute
from tests.database_url import database_url
from tests.servers import any_free_port
from tests.waiting import eventually
from tests.web_process import WebProcess, serving

pytestmark = pytest.mark.process


def post(web: WebProcess, path: str, body: bytes, **headers: str) -> tuple[int, dict]:
    link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        link.request("POST", path, body, headers)
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


def asked(web: WebProcess, path: str) -> str:
    with urllib.request.urlopen(f"{web.url}{path}", timeout=60) as answer:
        return answer.read().decode()


@pytest.fixture
def web(database, tmp_path: Path) -> Iterator[WebProcess]:
    with serving(tmp_path, database_url()) as process:
        yield process


def _write_as_influx_does(web: WebProcess, token: str) -> None:
    """With Influx's own library, one by one and in batches packed with gzip."""
    at = 1_763_500_000_000  # ms: 2025-11-18
    point = Point("temperature").tag("device", "freezer-1").field("value", 21.5)
    with InfluxDBClient(web.url, token=token, org="any") as client:
        assert client.ping()
        assert "Pulseboard" in client.version()
        with client.write_api(write_options=SYNCHRONOUS) as writing:
            writing.write("any", record=point.time(at, WritePrecision.MS))
            with pytest.raises(ApiException, match="before 2000"):
                writing.write("any", record=Point("t").field("value", 1).time(5, WritePrecision.S))
    with (
        InfluxDBClient(web.url, token="pd_wrong", org="any") as client,
        client.write_api(write_options=SYNCHRONOUS) as writing,
        pytest.raises(ApiException, match="unauthorized"),
    ):
        writing.write("any", record=point)
    with (
        InfluxDBClient(web.url, token=token, org="any", enable_gzip=True) as client,
        client.write_api(write_options=WriteOptions(batch_size=2_500)) as writing,
    ):
        for number in range(5_000):
            moment = at + 1_000 * number
            one = Point("many").field("n", number).time(moment, WritePrecision.MS)
            writing.write("any", record=one)


def test_it_is_stored_shown_live_and_accounted_for_and_ends_in_order(
    web: WebProcess, freezer: Device, database
) -> None:
    bearer = {"Authorization": f"Bearer {freezer.token}"}

    async def first_frame() -> dict:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(contract.shard_group(freezer.pk), channel)
        said = await sync_to_async(post)(web, "/api/v1/telemetry/", b'{"t":1}', **bearer)
        assert said == (200, {})
        frame = await layer.receive(channel)
        await layer.flush()
        return frame

    frame = async_to_sync(first_frame)()
    assert database("SELECT value FROM reading") == [(1.0,)]
    ((_, value),) = [tuple(flat) for flat in frame["series"].values()]
    assert value == 1.0
    worker = frame["worker"]
    assert worker.startswith("http-")
    assert str(web.pid) in worker.split("-")

    assert post(web, f"/api/v1/{freezer.token}/telemetry", b'{"t":2}') == (200, {})
    status, refused = post(web, "/api/v1/telemetry", b"{nope", **bearer)
    assert (status, refused["reason"]) == (400, "malformed_json")
    # The first is kept, for whoever looks why; the second is refused before it is here.
    for size in (1_000_000, 5_000_000):
        status, refused = post(web, "/api/v1/telemetry/", b"x" * size, **bearer)
        assert (status, refused["reason"]) == (413, "too_large")
    assert QuarantinedMessage.objects.count() == 2

    metrics = asked(web, "/metrics")
    assert f'pulseboard_bridge_received_total{{worker="{worker}"}} 4.0' in metrics
    assert 'pulseboard_thread_up{thread="http-ingest"} 1.0' in metrics
    assert json.loads(asked(web, "/readyz"))["http_ingest"] is True
    assert json.loads(asked(web, "/healthz"))["http-ingest"] is True

    def books() -> dict:
        row = IngestWorker.objects.filter(name=worker).first()
        found = row.counters if row else {"received": 0}
        return found if found["received"] == 4 and found["in_flight"] == 0 else {}

    counters = eventually(books, what="the books are written")
    assert (counters["stored"], counters["rejected"], balance(counters)) == (2, 2, 0)
    eventually(lambda: Presence.objects.filter(device=freezer, last_seen_at__isnull=False).exists())

    # Names that look like a token's place stay what they are.
    assert post(web, "/api/v1/devices/telemetry/", b"{}", **bearer)[0] == 401

    _write_as_influx_does(web, freezer.token)
    influx = database("SELECT sum(value) FROM reading WHERE time < '2026-01-01'")
    assert influx == [(21.5 + 4_999 * 2_500,)]

    web.stop()
    assert not IngestWorker.objects.exists(), web.log.read_text()
    assert PipelineMinute.objects.latest("minute", "up_ms").finished >= 8, "its past stays"
    assert "Traceback" not in web.log.read_text()


def test_while_no_database_answers_the_device_is_asked_to_come_again(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{any_free_port()}/nowhere"
    with serving(tmp_path, nowhere) as server:
        status, refused = post(server, "/api/v1/pd_whose/telemetry", b'{"t":1}')
        assert (status, refused["reason"]) == (503, "unavailable")
