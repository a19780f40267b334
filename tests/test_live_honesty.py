"""What keeps us from knowing is never called a device's silence: real servers, real pages.

The page says what is not known and why while a cause lasts longer than it takes a device to be
called silent, and all is well again by itself afterwards.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, Page, expect

from embedded.prove.proxy import Proxy
from tests.browser import PASSWORD, USERNAME, chromium, patient
from tests.chromium import log_in
from tests.fault_stack import WITHIN, Stack
from tests.waiting import eventually
from tests.web_process import WebProcess

__all__ = ["chromium"]  # fixture
SENDERS = 5  # of the devices; what is said of one is said of each
LASTS = 16  # seconds of a cause: a device that sends each second is silent after ten
OPERATOR = """\
INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active, first_name, last_name,
    email, date_joined)
VALUES (%s, %s, true, true, true, '', '', '', now())
"""
# Everything the page ever called a device, its tab and its connection.
RECORD = """
window.seen = { states: [], titles: [], pills: [] };
setInterval(() => {
  const add = (list, text) => text && !list.includes(text) && list.push(text);
  const words = document.querySelectorAll(".device .state .word, #presence-word .word");
  for (const node of words) add(seen.states, node.textContent);
  add(seen.titles, document.title);
  add(seen.pills, document.querySelector("#connection .word")?.textContent);
}, 250);
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
window.hide = (value) => { hidden = value; document.dispatchEvent(new Event("visibilitychange")); };
"""


@pytest.fixture
def messages_per_second() -> float:
    return SENDERS  # each must be heard each second


@pytest.fixture
def senders() -> int:
    return SENDERS


@pytest.fixture
def web(stack: Stack, tmp_path: Path) -> Iterator[WebProcess]:
    """A web process on the servers of the stack, with an operator."""
    with psycopg.connect(stack.postgres.url) as connection:
        connection.execute(OPERATOR, [USERNAME, make_password(PASSWORD)])
    process = WebProcess(tmp_path, stack.postgres.url, stack.redis.url)
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def proxy(web: WebProcess) -> Iterator[Proxy]:
    """The network between the page and its server."""
    with closing(Proxy(("127.0.0.1", web.port), random.Random(1))) as made:
        yield made


def opened(chromium: Browser, address: str) -> Iterator[tuple[Page, Page]]:
    """The fleet and one device, both live."""
    # High enough that every tile is in sight: what is not is not drawn.
    context = patient(chromium, base_url=address, viewport={"width": 1280, "height": 2_400})
    context.add_init_script(RECORD)
    fleet, device = context.new_page(), context.new_page()
    log_in(fleet, USERNAME, PASSWORD)
    device.goto("/devices/dev-3/")
    are_well(fleet, device)
    yield fleet, device
    context.close()


@pytest.fixture
def pages(chromium: Browser, proxy: Proxy) -> Iterator[tuple[Page, Page]]:
    """Behind the network."""
    yield from opened(chromium, f"http://127.0.0.1:{proxy.port}")


@pytest.fixture
def tabs(chromium: Browser, web: WebProcess) -> Iterator[tuple[Page, Page]]:
    """Not behind it: for what is well while the network is not."""
    yield from opened(chromium, web.url)


def are_well(fleet: Page, device: Page) -> None:
    for page in (fleet, device):
        expect(page.locator("#connection .word")).to_have_text("Live", timeout=WITHIN * 1000)
        expect(page.locator("#unknown")).to_be_hidden()
    expect(fleet.locator(".device .state", has_text="Online")).to_have_count(SENDERS)
    expect(device.locator("#presence-word")).to_have_text("Online")
    expect(fleet).not_to_have_title(re.compile("Not known"))
    expect(fleet.locator("#chips-known")).to_be_hidden()


def forget(*pages: Page) -> None:
    for page in pages:
        page.evaluate("window.seen = { states: [], titles: [], pills: [] }")


def called(page: Page) -> str:
    seen = page.evaluate("window.seen")
    return " | ".join(seen["states"] + seen["titles"])


def wait_for_load(stack: Stack) -> None:
    """The devices go on sending for as long as it takes to call one silent."""
    assert stack.publisher is not None
    goal = stack.publisher.sent + LASTS * stack.messages_per_second * 0.8
    eventually(lambda: stack.publisher.sent > goal, 4 * WITHIN, what="the load goes on")


def test_nothing_of_ours_and_of_the_viewer_is_called_a_devices_silence(
    stack: Stack, proxy: Proxy, pages: tuple[Page, Page], tabs: tuple[Page, Page]
) -> None:
    causes = {
        "the viewer's network": (proxy.freeze, proxy.thaw, r"No (news|connection) for"),
        "Redis": (
            stack.redis.freeze,
            stack.redis.thaw,
            r"Not known: (the server hears nothing, Redis is away|no bridge is heard)",
        ),
        "the database": (
            stack.postgres.freeze,
            stack.postgres.thaw,
            r"the database does not answer|storing is \d+\s*s behind",
        ),
        "the bridge": (
            stack.bridge.freeze,
            stack.bridge.thaw,
            r"Not known: no bridge is heard",
        ),
    }
    forget(*tabs)
    for tab in tabs:
        tab.evaluate("hide(true)")
    for cause, (begin, end, word) in causes.items():
        forget(*pages)
        begin()
        try:
            for page in pages:
                expect(page.locator("#connection .word")).to_have_text(re.compile(word))
            expect(pages[0].locator("#chips-known")).to_have_text("Last known:")
            wait_for_load(stack)
            if cause == "the viewer's network":
                nobody_looked_and_all_was_well(*tabs)
        finally:
            end()
        are_well(*pages)
        for page in pages:
            assert "ilent" not in called(page), cause
            assert "Offline" not in called(page), cause


def nobody_looked_and_all_was_well(*tabs: Page) -> None:
    for tab in tabs:
        assert "ilent" not in called(tab)
        assert "Not known" not in called(tab)
        tab.evaluate("hide(false)")
    are_well(*tabs)
    for tab in tabs:
        assert "ilent" not in called(tab)
        tab.close()
