"""The live path as it runs: a Daphne process, real sockets, a real stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection

from benchmarks.websocket import Closed, HandshakeRefused, WebSocket, connect
from dashboard.tests.live_socket import insert, make_cookie, make_series
from embedded.ports import free_port
from embedded.stack import MAX_WEBSOCKET_BYTES
from telemetry import live

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 30.0  # seconds for any one step


class Daphne:
    """The web process, on the test's own database and Redis."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "web.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        database = connection.settings_dict
        user = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
        url = f"postgresql://{user}{database['HOST']}:{database['PORT']}/{database['NAME']}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                    *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
                    *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
                    "config.asgi:application",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": url,
                    "REDIS_URL": settings.REDIS_URL,
                    "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
                },
                stdout=log,
                stderr=log,
            )

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


@pytest.fixture
def daphne(tmp_path: Path, transactional_db: None):
    server = Daphne(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cookie(transactional_db: None) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={make_cookie()}"


@pytest_asyncio.fixture
async def opened(daphne: Daphne) -> AsyncIterator[Any]:
    """Opens sockets, and closes them at the end; waits for the server to listen."""
    sockets: list[WebSocket] = []

    async def open_one(cookie: str = "") -> WebSocket:
        async with asyncio.timeout(DEADLINE):
            while True:
                assert daphne.process is not None
                assert daphne.process.poll() is None, daphne.log.read_text()
                try:
                    sockets.append(
                        await connect("127.0.0.1", daphne.port, "/ws/live/", cookie=cookie)
                    )
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    return sockets[-1]

    yield open_one
    for each in sockets:
        await each.close()
    await get_channel_layer().flush()


async def message(socket: WebSocket, op: str) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE):
        while True:
            payload = await socket.receive()
            assert not isinstance(payload, Closed), payload
            found = json.loads(payload)
            if found["op"] == op:
                return found


async def close_code(socket: WebSocket) -> int:
    async with asyncio.timeout(DEADLINE):
        while True:
            payload = await socket.receive()
            if isinstance(payload, Closed):
                return payload.code


@pytest.fixture
def series(transactional_db: None):
    return make_series(1)[0]


async def test_history_then_readings_then_a_goodbye_when_the_server_stops(
    opened, daphne: Daphne, cookie: str, series
):
    socket = await opened(cookie)
    await message(socket, "hello")
    socket.send(json.dumps({"op": "subscribe", "id": 1, "series": [series.id], "since": "5m"}))
    assert (await message(socket, "snapshot"))["series"][0]["id"] == series.id
    await get_channel_layer().group_send(
        live.shard_group(series.device_id), live.readings("w", 1, {series.id: [5, 1.5]})
    )
    frame = await message(socket, "readings")
    assert frame["d"] == {str(series.id): [[5, 1.5]]}
    stopping = asyncio.create_task(asyncio.to_thread(daphne.stop))
    assert await close_code(socket) == 4012
    await stopping
    assert "Traceback" not in daphne.log.read_text()


async def test_a_stranger_sees_why_the_socket_closes(opened, series):
    socket = await opened()
    assert await close_code(socket) == 4401


@pytest.fixture
def long_series(series):
    now = time.time_ns() // 1_000_000
    insert([(series.id, now - 1000 * second, second / 7) for second in range(1, 4_000)])
    return series


async def test_a_snapshot_larger_than_any_message_of_a_browser_arrives(
    opened, cookie: str, long_series
):
    socket = await opened(cookie)
    await message(socket, "hello")
    wanted = {"op": "subscribe", "id": 1, "series": [long_series.id], "since": "2h"}
    socket.send(json.dumps({**wanted, "points": 5_000}))
    found = await message(socket, "snapshot")
    assert len(found["series"][0]["points"]) == 3_999
    assert len(json.dumps(found)) > 100_000


async def test_an_oversized_message_ends_the_socket(opened, cookie: str, series):
    socket = await opened(cookie)
    await message(socket, "hello")
    socket.send(" " * (MAX_WEBSOCKET_BYTES + 1))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await close_code(socket)


async def test_a_page_of_another_site_may_not_open_the_socket(opened, daphne: Daphne):
    await opened()  # the server listens
    with pytest.raises(HandshakeRefused, match="403"):
        await connect("127.0.0.1", daphne.port, "/ws/live/", origin="http://evil.example")
