"""A web process that is told to stop answers what it has begun, and is gone soon after."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from config.requests_in_flight import EXIT_WITHIN, GRACE
from dashboard.tests.live_socket import make_cookie
from tests.database_url import database_url
from tests.waiting import eventually
from tests.web_process import WebProcess, serving

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

MARGIN = 60.0  # seconds more than it takes, on a busy machine


@pytest.fixture
def web(tmp_path: Path, transactional_db: None) -> Iterator[WebProcess]:
    """A web process of the test's own."""
    with serving(tmp_path, database_url()) as process:
        process.stop_seconds = GRACE + EXIT_WITHIN + MARGIN  # longer, and it is killed
        yield process


class Request(threading.Thread):
    """One that takes as long as the table of tokens is locked."""

    def __init__(self, web: WebProcess) -> None:
        super().__init__()
        self.status: int | None = None  # None: it was not answered
        self._port = web.port
        self.start()

    def run(self) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with closing(wire), suppress(http.client.HTTPException, OSError):
            headers = {"Authorization": "Token no-such-token"}
            wire.request("GET", "/api/v1/devices/", headers=headers)
            with wire.getresponse() as answer:
                self.status = answer.status


def tokens_are_asked_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND relation = 'knox_authtoken'::regclass"
        )
        return cursor.fetchone() != (0,)


def lock_tokens() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE knox_authtoken IN ACCESS EXCLUSIVE MODE")


@contextmanager
def watching(web: WebProcess) -> Iterator[None]:
    """An open page."""
    lines = [
        "GET /ws/live/ HTTP/1.1",
        f"Host: 127.0.0.1:{web.port}",
        f"Origin: {web.url}",
        f"Cookie: {settings.SESSION_COOKIE_NAME}={make_cookie()}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "\r\n",
    ]
    with socket.create_connection(("127.0.0.1", web.port), timeout=60) as page:
        page.sendall("\r\n".join(lines).encode())
        said = b""
        while b"hello" not in said:
            said += page.recv(4096)
        yield


# While a page is open Daphne ends in another way (dashboard/live/shutdown.py).
@pytest.mark.parametrize("page", [nullcontext, watching])
def test_what_is_in_flight_is_answered(
    web: WebProcess, page: Callable[..., AbstractContextManager[None]]
) -> None:
    with page(web):
        with transaction.atomic():
            lock_tokens()
            request = Request(web)
            eventually(tokens_are_asked_for, what="the request waits")
            assert web.process is not None
            web.process.terminate()
            eventually(lambda: not web.is_ready(), what="it stops")
        assert web.process.wait(web.stop_seconds) == 0
    request.join()
    assert request.status == 401


def test_what_does_not_end_holds_no_process_back(web: WebProcess) -> None:
    with transaction.atomic():
        lock_tokens()
        request = Request(web)
        eventually(tokens_are_asked_for, what="the request waits")
        assert web.stop() == 0
    request.join()
    assert "not answered within 5 s of the stop: requests: 1" in web.tail()
