"""A real browser on a real web process: what tests of pages share.

Fixtures, to import by name: `web` (Daphne on the test database), `chromium` (one for the module),
`page` (a fresh logged-in page that fails its test when the console reports an error).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from embedded.ports import free_port
from tests.chromium import CHROMIUM_OPTIONS, chromium_path, log_in
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0  # for the web process to answer
STOP_SECONDS = 15.0
USERNAME, PASSWORD = "olga", "a passphrase of the tests"


class WebProcess:
    """Daphne, on the test's own database and Redis."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "web.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        database = connection.settings_dict
        user = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
        address = f"postgresql://{user}{database['HOST']}:{database['PORT']}/{database['NAME']}"
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "REDIS_URL": settings.REDIS_URL,
            "PULSEBOARD_SECRET_KEY": settings.SECRET_KEY,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                    "config.asgi:application",
                ],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        eventually(self._answers, START_SECONDS, what="the web process answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urlopen(f"{self.url}/login/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def web(tmp_path: Path, transactional_db: None) -> Iterator[WebProcess]:
    process = WebProcess(tmp_path)
    try:
        process.start()
        yield process
    finally:
        process.stop()


@pytest.fixture
def operator(transactional_db: None) -> User:
    return get_user_model().objects.create_user(USERNAME, password=PASSWORD)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in the test's own thread, where Django then refuses its database.
        # Nothing else shares that loop, so there is nothing to protect.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, web: WebProcess, operator: User) -> Iterator[Page]:
    """Logged in; at the fleet. Anything the console calls an error fails the test at its end."""
    context = chromium.new_context(base_url=web.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, USERNAME, PASSWORD)
    yield page
    context.close()
    assert complaints == []


def announce(group: str, message: dict[str, Any]) -> None:
    """Send on the channel layer, from a thread without Playwright's loop."""

    async def send() -> None:
        layer = get_channel_layer()
        await layer.group_send(group, message)
        await layer.flush()  # closes this loop's connection

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, send()).result()
