"""The pictures of the README, taken by what the browser tests use, and by one of them.

Of a running Pulseboard: `python -m tests.screenshots http://127.0.0.1:8000 admin`; the password
comes from PULSEBOARD_PASSWORD. `make screenshots` does that.
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
FRAMES_MS = 5_000  # a few live frames, for the eye
PICTURES = {
    "light": {
        "fleet": "/",
        "alerts": "/alerts/",
        "log": "/log/",
        "pipeline": "/pipeline/",
        "inbox": "/inbox/",
    },
    "dark": {"device": "/devices/motor-001/?window=15m"},
}


def show(page: Page, path: str) -> None:
    """Open the page, and wait until all of it is there and follows what happens."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    expect(page.locator(BUSY)).to_have_count(0)
    page.get_by_text("Live", exact=True).last.wait_for()


def picture(page: Page, name: str, folder: Path) -> Path:
    """The file with what the page shows now."""
    file = folder / f"{name}.png"
    page.screenshot(path=file)
    return file


def main(url: str, username: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        for theme, pages in PICTURES.items():
            context = browser.new_context(base_url=url, viewport=SIZE, color_scheme=theme)
            page = context.new_page()
            log_in(page, username, os.environ["PULSEBOARD_PASSWORD"])
            for name, path in pages.items():
                show(page, path)
                page.wait_for_timeout(FRAMES_MS)
                picture(page, name, FOLDER)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
