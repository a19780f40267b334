"""What a page test leaves in the tab, the following one does not find."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium, patient
from tests.kept_tab import NOWHERE, WINDOW, KeptTab
from tests.web_process import WebProcess, web_process

__all__ = ["chromium", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/login/"
LEFT = """() => {
  localStorage.setItem("left", "1");
  sessionStorage.setItem("left", "1");
  document.cookie = "left=1";
  indexedDB.open("left");
  window.name = "left";
  history.pushState({}, "", "?left");
  addEventListener("beforeunload", (event) => event.preventDefault());
}"""
FOUND = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: /left/.test(document.cookie),
  databases: (await indexedDB.databases()).length, name: window.name, left: window.left ?? "",
  entries: history.length, pointed: document.querySelectorAll(":hover").length,
  dark: matchMedia("(prefers-color-scheme: dark)").matches, print: matchMedia("print").matches,
  window: [innerWidth, innerHeight], language: document.documentElement.lang,
  fingers: navigator.maxTouchPoints, notifications: Notification.permission,
})"""


@pytest.fixture
def tab(chromium: Browser, web_process: WebProcess):
    with closing(KeptTab(lambda url: patient(chromium, base_url=url, viewport=WINDOW))) as tab:
        yield tab


def test_a_page_is_as_if_it_were_new(tab: KeptTab, web_process: WebProcess):
    with tab.page(web_process.url) as first:
        first.goto(PAGE)
        new = first.evaluate(FOUND)
    heard: list[str] = []
    with tab.page(web_process.url) as page:
        page.on("request", lambda request: heard.append(request.url))
        page.add_init_script("window.left = 1")
        page.route("**/login/", lambda route: route.continue_())
        page.set_extra_http_headers({"Accept-Language": "de"})
        page.set_viewport_size({"width": 390, "height": 300})
        page.emulate_media(media="print", color_scheme="dark")
        page.context.grant_permissions(["notifications"], origin=web_process.url)
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        page.context.new_page()
        page.goto(PAGE)
        page.mouse.click(200, 200)  # somebody was here, so that leaving may be asked about
        page.evaluate(LEFT)
        assert page.evaluate(FOUND) != new
    left = len(heard)
    with tab.page(web_process.url) as page:
        assert page is first
        assert page.url == web_process.url + NOWHERE
        assert page.context.pages == [page]
        page.goto(PAGE)
        assert page.evaluate(FOUND) == new
        assert page.evaluate("[document.documentElement.lang, navigator.maxTouchPoints]") == [
            "en",
            0,
        ]
        assert len(heard) == left


def spoil_with_a_clock(page: Page) -> None:
    page.clock.install()


def spoil_with_a_function(page: Page) -> None:
    page.expose_function("left", lambda: None)


def spoil_for_the_context(page: Page) -> None:
    page.context.add_init_script("window.left = 1")


def test_what_cannot_be_taken_back_ends_it(tab: KeptTab, web_process: WebProcess):
    for spoil in (spoil_with_a_clock, spoil_with_a_function, spoil_for_the_context, Page.close):
        with tab.page(web_process.url) as spoilt:
            spoil(spoilt)
        with tab.page(web_process.url) as page:
            assert page is not spoilt, spoil.__name__
            assert spoilt.is_closed(), spoil.__name__
