"""The live path as it runs: a Daphne process, real sockets, a real stop."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer
from django.conf import settings

from benchmarks.websocket import Closed, HandshakeRefused, WebSocket, connect
from dashboard.tests.live_socket import insert, make_cookie, make_series
from embedded.up.stack import MAX_WEBSOCKET_BYTES
from telemetry.live import contract
from tests.database_url import database_url
from tests.web_process import WebProcess, serving, web, web_process

__all__ = ["web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 60.0  # seconds for any one step


@pytest.fixture
def cookie(transactional_db: None) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={make_cookie()}"


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Any]:
    """Opens sockets, and closes them at the end."""
    sockets: list[WebSocket] = []

    async def open_one(server: WebProcess, cookie: str = "") -> WebSocket:
        async with asyncio.timeout(DEADLINE):
            sockets.append(await connect("127.0.0.1", server.port, "/ws/live/", cookie=cookie))
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


@pytest.fixture
def ending(tmp_path: Path, transactional_db: None) -> Iterator[WebProcess]:
    """A web process of the test's own, which it may end."""
    with serving(tmp_path, database_url()) as process:
        yield process


@pytest.mark.process
async def test_history_then_readings_then_a_goodbye_when_the_server_stops(
    opened, ending: WebProcess, cookie: str, series
):
    socket = await opened(ending, cookie)
    await message(socket, "hello")
    socket.send(json.dumps({"op": "subscribe", "id": 1, "series": [series.id], "since": "5m"}))
    assert (await message(socket, "snapshot"))["series"][0]["id"] == series.id
    await get_channel_layer().group_send(
        contract.shard_group(series.device_id), contract.readings("w", 1, {series.id: [5, 1.5]})
    )
    frame = await message(socket, "readings")
    assert frame["d"] == {str(series.id): [[5, 1.5]]}
    stopping = asyncio.create_task(asyncio.to_thread(ending.stop))
    assert await close_code(socket) == 4012
    await stopping
    assert "Traceback" not in ending.log.read_text()


async def test_a_stranger_sees_why_the_socket_closes(opened, web: WebProcess, series):
    socket = await opened(web)
    assert await close_code(socket) == 4401


@pytest.fixture
def long_series(series):
    now = time.time_ns() // 1_000_000
    insert([(series.id, now - 1000 * second, second / 7) for second in range(1, 4_000)])
    return series


async def test_a_snapshot_larger_than_any_message_of_a_browser_arrives(
    opened, web: WebProcess, cookie: str, long_series
):
    socket = await opened(web, cookie)
    await message(socket, "hello")
    wanted = {"op": "subscribe", "id": 1, "series": [long_series.id], "since": "2h"}
    socket.send(json.dumps({**wanted, "points": 5_000}))
    found = await message(socket, "snapshot")
    assert len(found["series"][0]["points"]) == 3_999
    assert len(json.dumps(found)) > 100_000


async def test_an_oversized_message_ends_the_socket(opened, web: WebProcess, cookie: str, series):
    socket = await opened(web, cookie)
    await message(socket, "hello")
    socket.send(" " * (MAX_WEBSOCKET_BYTES + 1))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await close_code(socket)


async def test_a_page_of_another_site_may_not_open_the_socket(web: WebProcess):
    with pytest.raises(HandshakeRefused, match="403"):
        await connect("127.0.0.1", web.port, "/ws/live/", origin="http://evil.example")
