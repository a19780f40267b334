"""Telemetry over HTTP as it runs: a Daphne process, a real socket, a real stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from bridge.tests.conftest import test_database_url
from devices.models import Device, Presence
from telemetry import live
from telemetry.api.pipeline import balance
from telemetry.models import IngestWorker, QuarantinedMessage
from tests.bridge_process import ROOT
from tests.servers import any_free_port
from tests.waiting import eventually

STOP_SECONDS = 30.0  # for Daphne to end after SIGTERM


class Web:
    """A web process on the test's own database and Redis."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = any_free_port()
        self.log = folder / "web.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                    "config.asgi:application",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": database_url,
                    "REDIS_URL": settings.REDIS_URL,
                    "PULSEBOARD_PREFIX": settings.PULSEBOARD_PREFIX,
                    "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
                },
                stdout=log,
                stderr=log,
            )

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, dict]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request("POST", path, body, headers)
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            link.close()

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.post("/api/v1/telemetry/", b"{}")[0] == 401  # asks no database
        except OSError:
            return False

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@pytest.fixture
def web(database, tmp_path: Path) -> Iterator[Web]:
    server = Web(tmp_path, test_database_url())
    yield server
    server.stop()


@pytest.fixture
def freezer(database) -> Device:
    device = Device(uid="freezer-1", name="Freezer 1")
    device.issue_token()
    device.save()
    return device


def test_it_is_stored_shown_live_and_accounted_for_and_ends_in_order(
    web: Web, freezer: Device, database
) -> None:
    eventually(web.listens, 30, what="Daphne listens")
    bearer = {"Authorization": f"Bearer {freezer.token}"}

    async def first_frame() -> dict:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(live.shard_group(freezer.pk), channel)
        said = await sync_to_async(web.post)("/api/v1/telemetry/", b'{"t":1}', **bearer)
        assert said == (200, {})
        frame = await layer.receive(channel)
        await layer.flush()
        return frame

    frame = async_to_sync(first_frame)()
    assert database("SELECT value FROM reading") == [(1.0,)]
    ((_, value),) = [tuple(flat) for flat in frame["series"].values()]
    assert value == 1.0
    assert frame["worker"] == f"http-{web.process.pid}"

    assert web.post(f"/api/v1/{freezer.token}/telemetry", b'{"t":2}') == (200, {})
    status, refused = web.post("/api/v1/telemetry", b"{nope", **bearer)
    assert (status, refused["reason"]) == (400, "malformed_json")
    status, refused = web.post("/api/v1/telemetry/", b"x" * 5_000_000, **bearer)
    assert (status, refused["reason"]) == (413, "too_large")
    assert QuarantinedMessage.objects.count() == 2

    def books() -> dict:
        row = IngestWorker.objects.filter(name=f"http-{web.process.pid}").first()
        return row.counters if row and row.counters["received"] == 4 else {}

    counters = eventually(books, what="the books are written")
    assert (counters["stored"], counters["rejected"], balance(counters)) == (2, 2, 0)
    assert Presence.objects.get(device=freezer).last_seen_at is not None

    web.stop()
    assert not IngestWorker.objects.exists(), web.log.read_text()
    assert "Traceback" not in web.log.read_text()


def test_while_no_database_answers_the_device_is_asked_to_come_again(tmp_path: Path) -> None:
    server = Web(tmp_path, f"postgresql://postgres@127.0.0.1:{any_free_port()}/nowhere")
    try:
        eventually(server.listens, 30, what="Daphne listens")
        status, refused = server.post("/api/v1/pd_whose/telemetry", b'{"t":1}')
        assert (status, refused["reason"]) == (503, "unavailable")
    finally:
        server.stop()
