"""While Postgres hangs or is away, every address of the web process answers, and says why."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from config.database_pool import LEAST
from dashboard import database
from tests.browser import chromium, patient
from tests.servers import RunningServer
from tests.waiting import eventually
from tests.web_process import WebProcess, serving

__all__ = ["chromium"]  # a fixture

PATIENT = 600  # seconds a connection may take to be made: much more than what is tested
SOON = 120.0  # seconds, on a busy machine; 2 on one that is not
PAGES = ["/", "/login/", "/devices/dev-1/", "/pipeline/", "/admin/login/"]
API = ["/api/v1/fleet/", "/api/v1/devices/"]


@pytest.fixture
def web(
    filled_postgres: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WebProcess]:
    monkeypatch.setenv("PULSEBOARD_DATABASE_POOL", str(settings.DATABASE_POOL))
    url = f"{filled_postgres.url}?connect_timeout={PATIENT}"
    with serving(tmp_path, url) as process:
        yield process
        if filled_postgres.process is not None and filled_postgres.process.poll() is None:
            filled_postgres.thaw()  # or neither would end


def ask(web: WebProcess, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=SOON)
    try:
        # With a session, so that the database is asked who this is.
        headers = {"Cookie": f"sessionid={'s' * 32}", "Authorization": "Token pb_" + "t" * 60}
        if not path.startswith("/api/"):
            del headers["Authorization"]
        started = time.monotonic()
        link.request(method, path, b"{}" if method == "POST" else None, headers)
        answer = link.getresponse()
        text = answer.read().decode()
        assert time.monotonic() - started < SOON, path
        return answer.status, text, {k.lower(): v for k, v in answer.getheaders()}
    finally:
        link.close()


def is_told(web: WebProcess) -> None:
    for path in PAGES:
        status, text, headers = ask(web, path)
        assert status == 503, path
        assert "Postgres does not answer" in text
        assert "data-retry" in text
        assert 'aria-label="Sections"' in text, "in the frame"
        assert headers["retry-after"] == "2"
    for path in API:
        status, text, headers = ask(web, path)
        assert (status, headers["content-type"]) == (503, "application/json"), path
        assert "database" in json.loads(text)["detail"]
    status, text, _ = ask(web, "/login/", "POST")
    assert status == 503
    assert "data-retry" not in text, "what was sent is not sent again by itself"
    assert "Go back and send it again" in text
    status, text, _ = ask(web, "/readyz")
    assert (status, json.loads(text)["database"]) == (503, False)
    assert ask(web, "/healthz")[0] == 200
    assert ask(web, "/static/dashboard/favicon.svg")[0] == 200


def is_well(web: WebProcess) -> bool:
    return ask(web, "/login/")[0] == 200 and json.loads(ask(web, "/readyz")[1])["database"]


def test_a_database_that_hangs(web: WebProcess, filled_postgres: RunningServer) -> None:
    assert is_well(web)
    filled_postgres.freeze()  # it takes connections and says nothing
    # The first ones come before anybody can know.
    assert ask(web, "/")[0] == 503
    is_told(web)
    filled_postgres.thaw()
    eventually(lambda: is_well(web), what="it answers again by itself")


def test_a_page_comes_back_by_itself(
    web: WebProcess, filled_postgres: RunningServer, chromium: Browser
) -> None:
    assert is_well(web)
    filled_postgres.freeze()
    # Until the watch sees it, this page, which asks the database nothing, is shown.
    eventually(lambda: ask(web, "/readyz")[0] == 503, what="the watch sees it")
    address = f"{web.url}/login/?next=/pipeline/"
    context = patient(chromium)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#away-state")).to_have_text("This page comes back by itself.")
    filled_postgres.thaw()
    expect(page.locator("input[name=username]")).to_be_visible()
    assert page.url == address
    context.close()


def test_a_database_that_is_away(web: WebProcess, filled_postgres: RunningServer) -> None:
    assert is_well(web)
    filled_postgres.stop()
    # Until the watch has asked, each request finds out by itself.
    assert ask(web, "/login/")[0] in (200, 503)
    assert ask(web, "/api/v1/fleet/")[0] == 503
    eventually(lambda: ask(web, "/readyz")[0] == 503, what="the watch sees it")
    is_told(web)
    filled_postgres.start()
    eventually(lambda: is_well(web), what="it answers again by itself")
    assert web.log.read_text().count("action=database_up") == 1


def test_readyz_opens_no_session(web: WebProcess, filled_postgres: RunningServer) -> None:
    def sessions() -> set[tuple[int]]:
        with psycopg.connect(filled_postgres.url) as link:
            return set(
                link.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name IN (%s, %s)",
                    [database.NAME, web.name],
                )
            )

    assert is_well(web)
    before, opened = sessions(), set[tuple[int]]()
    for _ in range(30):
        assert ask(web, "/readyz")[0] == 200
        opened |= sessions() - before
    # After an outage the pool may still be opening those that it keeps.
    assert len(opened) <= LEAST
