"""A real browser on a real web process: what tests of pages share.

Fixtures, to import by name together with `web_process` and `web`: `chromium` (one for all tests
in a row), `page` (logged in, as if it were new; it fails its test when the console reports an
error).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from devices import events
from tests.chromium import CHROMIUM_OPTIONS, chromium_path
from tests.kept_running import kept
from tests.kept_tab import NOWHERE, WINDOW, KeptTab
from tests.waiting import eventually
from tests.web_process import WebProcess

PAGE_SECONDS = 60.0  # for anything a page is expected to do, on a busy machine
LOAD_SECONDS = 180.0  # for a page to be loaded: a hundred modules, in a browser that has none yet
NEVER = 2**31 - 1  # ms, the longest that a browser counts
# Paths that the test which runs means to be refused at, or all below one: `/api/v1/*`. A page asks
# again by itself, as with a new socket: name them before anything is taken away. Each test begins
# with none.
refused: set[str] = set()
USERNAME, PASSWORD = "olga", "a passphrase of the tests"


@pytest.fixture
def operator(transactional_db: None) -> User:
    return get_user_model().objects.create_user(USERNAME, password=PASSWORD)


def _is_looping() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def _browsing() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in the test's own thread, where Django then refuses its database.
        # Nothing else shares that loop, so there is nothing to protect.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # Nor can this thread announce anything: each try would be a warning. `elsewhere` can.
        announce_all = events.send_all
        patch.setattr(events, "send_all", lambda all_: _is_looping() or announce_all(all_))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        expect.set_options(timeout=PAGE_SECONDS * 1000)
        yield browser
        browser.close()
        # While that loop runs Django uses a connection of its own; without it nobody finds it.
        connections.close_all()


@pytest.fixture
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with kept(request, _browsing) as browser:
        yield browser


def patient(browser: Browser, **options: Any) -> BrowserContext:
    """A context whose pages have the time a busy machine needs; Playwright's own is half of it."""
    context = browser.new_context(**options)
    context.set_default_timeout(PAGE_SECONDS * 1000)
    context.set_default_navigation_timeout(LOAD_SECONDS * 1000)
    return context


def _is_meant(path: str) -> bool:
    return any(
        path.startswith(name[:-1]) if name.endswith("*") else path == name for name in refused
    )


def forget(page: Page) -> None:
    """Have the browser know nothing of the session."""
    # An open page would be refused what it asks meanwhile, and go to the log-in by itself.
    page.goto(NOWHERE)
    page.context.clear_cookies()


def _log_in(page: Page, web: WebProcess, operator: User) -> list[str]:
    """What its console calls an error, from now on."""
    session = Client()
    session.force_login(operator)
    cookie = session.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": web.url}])
    complaints: list[str] = []
    refused.clear()

    def note(said: ConsoleMessage) -> None:
        if said.type == "error" and not _is_meant(urlsplit(said.location["url"]).path):
            complaints.append(f"{said.text} {said.location['url']}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.fixture
def page(
    request: pytest.FixtureRequest, chromium: Browser, web: WebProcess, operator: User
) -> Iterator[Page]:
    """Logged in; nowhere yet. Anything the console calls an error fails the test at its end."""

    def tab() -> AbstractContextManager[KeptTab]:
        return closing(KeptTab(lambda url: patient(chromium, base_url=url, viewport=WINDOW)))

    with kept(request, tab) as kept_tab, kept_tab.page(web.url) as page:
        complaints = _log_in(page, web, operator)
        yield page
    assert complaints == [], complaints


@pytest.fixture
def told_page(chromium: Browser, web: WebProcess, operator: User) -> Iterator[Page]:
    """The same in a browser that push messages can be for."""
    whole = chromium.browser_type.launch(
        executable_path=chromium_path(windows=True), args=CHROMIUM_OPTIONS
    )
    try:
        page = patient(whole, base_url=web.url, viewport=WINDOW).new_page()
        complaints = _log_in(page, web, operator)
        yield page
    finally:
        whole.close()
    assert complaints == [], complaints


def timers_last(page: Page, ms: int, lasting: int = NEVER) -> None:
    """What the page does by itself `ms` after something it does `lasting` ms after it, from now on
    and over a reload: a notice that leaves, a finger that counts as held, a try that is repeated. A
    slow machine may take longer for what a test does meanwhile."""
    script = f"""(() => {{
      const later = window.setTimeout;
      window.setTimeout = (task, ms, ...facts) =>
        later(task, ms === {ms} ? {lasting} : ms, ...facts);
    }})()"""
    page.add_init_script(script)
    page.evaluate(script)


def tell_until(tell: Callable[[], object], shown: Callable[[], bool]) -> None:
    """Tell again and again until the page shows it: the web process may not listen for one just
    opened yet."""

    def seen() -> bool:
        tell()
        return shown()

    eventually(seen, what="the page shows what it is told")


def elsewhere(act: Callable[[], Any]) -> Any:
    """What another process would do: in a thread without Playwright's loop, so that it is
    announced."""

    def carried_out() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(carried_out).result()


def announce(group: str, message: dict[str, Any]) -> None:
    """Send on the channel layer."""

    async def send() -> None:
        layer = get_channel_layer()
        await layer.group_send(group, message)
        await layer.flush()  # closes this loop's connection

    elsewhere(lambda: asyncio.run(send()))
