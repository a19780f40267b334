"""The system's Chromium as tests and screenshots use it. Nothing of Django, so that both can."""

from __future__ import annotations

import shutil

from playwright.sync_api import Page

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path(*, windows: bool = False) -> str | None:
    """The system's Chromium; None lets Playwright use the one it installed. First the one that has
    no windows, as Playwright does: a page in a window of its own costs twice the processor time.

    `windows`: the whole browser, which alone is told by push messages.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    return next(filter(None, map(shutil.which, names[windows:])), None)


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("text=Log in")
    page.wait_for_url(lambda url: "/login/" not in url)
