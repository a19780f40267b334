"""The pictures of the README, taken by what the browser tests use: `make screenshots`.

Of a running Pulseboard: `python -m tests.screenshots http://127.0.0.1:8000 admin`; the password
comes from PULSEBOARD_PASSWORD.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.chromium import CHROMIUM_OPTIONS, chromium_path, log_in

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE = {"width": 1440, "height": 900}
BUSY = "[aria-busy=true]"


def take(page: Page, path: str, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle", timeout=15_000)
    expect(page.locator(BUSY)).to_have_count(0)
    page.get_by_text("Live", exact=True).last.wait_for(timeout=30_000)
    page.wait_for_timeout(5_000)  # a few live frames, for the eye
    page.screenshot(path=FOLDER / f"{name}.png")


def main(url: str, username: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        for theme, pages in {
            "light": {
                "fleet": "/",
                "alerts": "/alerts/",
                "log": "/log/",
                "pipeline": "/pipeline/",
                "inbox": "/inbox/",
            },
            "dark": {"device": "/devices/motor-001/?window=15m"},
        }.items():
            context = browser.new_context(base_url=url, viewport=SIZE, color_scheme=theme)
            page = context.new_page()
            log_in(page, username, os.environ["PULSEBOARD_PASSWORD"])
            for name, path in pages.items():
                take(page, path, name)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
