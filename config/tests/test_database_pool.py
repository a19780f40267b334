"""The web process keeps its database connections, where it is told to."""

from __future__ import annotations

from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from dashboard.tests.live_socket import make_cookie
from telemetry.tests.written import series
from tests.database_url import database_url
from tests.test_export_served import asked, fill
from tests.waiting import eventually
from tests.web_process import WebProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]

MOST = 3


def sessions(process: WebProcess) -> set[int]:
    """The sessions of its requests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s", [process.name]
        )
        return {pid for (pid,) in cursor.fetchall()}


def end(pids: set[int]) -> None:
    """As a database does that starts again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(pids)])


def ask(process: WebProcess) -> bool:
    """Whether the database is asked for a token, which nobody has."""
    wire = HTTPConnection("127.0.0.1", process.port, timeout=60)
    with closing(wire):
        wire.request("GET", "/api/v1/devices/", headers={"Authorization": f"Bearer pb_{'0' * 64}"})
        return wire.getresponse().status == HTTPStatus.UNAUTHORIZED


def test_requests_share_sessions_that_stay_and_get_others_when_these_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PULSEBOARD_DATABASE_POOL", str(MOST))
    process = WebProcess(tmp_path, database_url())
    try:
        process.start()
        eventually(lambda: ask(process), what="it answers")
        seen: set[int] = set()
        for _ in range(10):
            eventually(lambda: ask(process), what="it answers")
            seen |= sessions(process)
        assert 0 < len(seen) <= MOST
        end(seen)
        eventually(lambda: not sessions(process) & seen, what="they have ended")
        eventually(lambda: ask(process), what="it answers again")
        eventually(lambda: bool(sessions(process)), what="others are kept")
        keeps_nobody_out(process)
    finally:
        process.stop()


def keeps_nobody_out(process: WebProcess) -> None:
    """More downloads that nobody reads than there are sessions, of as many accounts, for one has
    no more than a share of them."""
    one = series()
    fill(one.pk)
    with ExitStack() as slow:
        for number in range(MOST + 1):
            cookie = f"{settings.SESSION_COOKIE_NAME}={make_cookie(f'reader-{number}')}"
            wire = slow.enter_context(closing(asked(process, one.pk, cookie)))
            assert slow.enter_context(wire.getresponse()).status == HTTPStatus.OK
        eventually(lambda: ask(process), what="somebody else is answered")
