"""The tab that page tests in a row share. To load a page costs it half of what it costs a new tab,
which fetches and compiles each of a hundred modules again.

A test finds it as if it were new: nowhere, with nothing stored and nobody who listens. What cannot
be taken back ends the tab, and the following test has another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page, ViewportSize

# A page of ours with nothing in it. From a page of another origin, and be it none, a browser goes
# on in a new process, which has compiled nothing.
NOWHERE = "/healthz"
WINDOW: ViewportSize = {"width": 1440, "height": 900}
# Of what a browser keeps of an origin: all but the files it sent.
STORED = "file_systems,indexeddb,local_storage,service_workers,cache_storage,storage_buckets"
# No page may ask whether it is meant to be left.
UNASKED = """() => addEventListener("beforeunload", (event) => event.stopImmediatePropagation(),
  { capture: true })"""
NO_WAY_BACK = "Page.resetNavigationHistory"
# What lasts over a load and is not taken back here: of a page, of its clock, of its context.
OF_PAGES = (
    *("add_locator_handler", "expose_binding", "expose_function", "once", "route_from_har"),
    *("route_web_socket", "set_default_navigation_timeout", "set_default_timeout"),
)
OF_CLOCKS = ("install", "set_fixed_time", "set_system_time")
OF_CONTEXTS = (
    *("add_init_script", "on", "route", "set_extra_http_headers", "set_geolocation"),
    *("set_offline", *OF_PAGES[1:]),
)


class KeptTab:
    """Has one page at a time, in a context that `opened` makes for the address of a server."""

    def __init__(self, opened: Callable[[str], BrowserContext]) -> None:
        self._opened = opened
        self._url = ""
        self._open: tuple[Page, CDPSession] | None = None
        self._is_spoilt = False
        self._taken_back = ExitStack()  # after the test

    @contextmanager
    def page(self, url: str) -> Iterator[Page]:
        """For one test, of the server at `url`."""
        if self._open is None or self._url != url:
            self.close()
            self._open, self._url = self._new(url), url
        page, session = self._open
        yield page
        try:
            self._leave(page)
            if not self._is_spoilt:
                self._forget(page, session)
        except Error:  # the test closed it, or it hangs
            self._is_spoilt = True
        if self._is_spoilt:
            self.close()

    def close(self) -> None:
        """End it; the next page has a new one."""
        self._taken_back.pop_all()  # goes with the page
        if self._open is not None:
            self._open[0].context.close()
        self._open, self._is_spoilt = None, False

    def _new(self, url: str) -> tuple[Page, CDPSession]:
        page = self._opened(url).new_page()
        session = page.context.new_cdp_session(page)
        page.goto(NOWHERE)
        session.send(NO_WAY_BACK)
        lasting = ((page, OF_PAGES), (page.clock, OF_CLOCKS), (page.context, OF_CONTEXTS))
        for owner, names in lasting:
            for name in names:
                self._note(owner, name, lambda *_: self._spoil())
        self._note(page, "on", lambda _, event, heard: page.remove_listener(event, heard))
        self._note(page, "add_init_script", lambda script, *_: script.close())
        self._note(page.context, "new_cdp_session", lambda opened, *_: opened.detach())
        return page, session

    def _note(self, owner: Any, name: str, take_back: Callable[..., None]) -> None:
        """What that method of `owner` does is taken back after the test: by its answer, and what it
        was given."""
        act = getattr(owner, name)

        def acted(*given: Any, **named: Any) -> Any:
            answer = act(*given, **named)
            self._taken_back.callback(take_back, answer, *given)
            return answer

        setattr(owner, name, acted)

    def _spoil(self) -> None:
        self._is_spoilt = True

    def _leave(self, page: Page) -> None:
        """Its page is heard until it is gone."""
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        page.set_extra_http_headers({})
        page.evaluate(UNASKED)
        page.goto(NOWHERE)
        self._taken_back.close()

    def _forget(self, page: Page, session: CDPSession) -> None:
        page.evaluate("() => { sessionStorage.clear(); window.name = ''; }")
        page.mouse.move(-1, -1)
        page.set_viewport_size(WINDOW)
        page.emulate_media(
            media="null", color_scheme="light", reduced_motion="no-preference",
            forced_colors="none", contrast="no-preference",
        )  # fmt: skip
        page.context.clear_cookies()
        page.context.clear_permissions()
        session.send("Storage.clearDataForOrigin", {"origin": self._url, "storageTypes": STORED})
        session.send(NO_WAY_BACK)
