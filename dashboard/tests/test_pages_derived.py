"""The page of derived series in a real browser: a formula is written, tried, saved and filled."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from derived import stepping
from derived.models import DerivedSeries
from derived.stepping import Stepping
from devices.models import Device
from telemetry.models import Series
from tests.browser import chromium, operator, page
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def without_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "PAUSE_SHARE", 0)


def work_through() -> None:
    """As the engine does. In a thread: an event loop of the browser's runs in this one."""

    def steps() -> None:
        try:
            engine = Stepping()
            while engine.step() == 0.0 or engine.step() == 0.0:
                pass
        finally:
            connections.close_all()

    thread = threading.Thread(target=steps)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a_series_is_derived_with_a_preview_saved_changed_and_filled(page: Page) -> None:
    now = time.time_ns() // 1_000_000
    boiler = Device.objects.create(uid="boiler", name="Boiler")
    for metric, value in (("supply", 60.0), ("return", 40.0)):
        series = Series.objects.create(device=boiler, metric=metric, unit="°C")
        insert([(series.pk, now - each * 60_000, value) for each in range(200)])
    page.goto("/derived/")
    expect(page.locator("#derived-empty")).to_have_text("No series is derived yet.")
    page.keyboard.press("n")
    expect(page.locator("#formula")).to_be_focused()
    page.fill("#formula", "mean(supply, 10min) - retour +")
    # A mistake is told where it is.
    expect(page.locator("#formula-said .error")).to_contain_text("At character 31")
    expect(page.locator("#formula-said pre")).to_contain_text("^")
    page.fill("#formula", "mean(supply, 10min) - retour")
    expect(page.locator("#formula-said")).to_contain_text("Choose a series for supply, retour.")
    for name, found in (("supply", "boiler supply"), ("retour", "boiler return")):
        field = page.get_by_label(f"Series of {name}")
        field.press_sequentially(found)
    expect(page.locator("#formula-said")).to_have_text("It gives K.")
    expect(page.get_by_role("img", name="From 20 K to 20 K, now 20 K")).to_be_visible()
    page.locator("#plot summary", has_text="Table").click()
    expect(page.locator("#plot tbody tr td:nth-child(2)").first).to_have_text("20")
    page.fill("[name=metric]", "spread")
    page.click("#save")
    expect(page.locator("[name=device] + .error")).to_contain_text("Choose the device")
    page.fill("[name=device]", "boiler")
    page.click("#save")
    expect(page.locator("#saved")).to_contain_text("Saved. Results follow within seconds.")
    expect(page.locator("#form-title")).to_have_text("Boiler spread")
    derived = DerivedSeries.objects.get()
    assert (derived.series.unit, derived.at) == ("K", "supply")
    work_through()
    page.click("#backfill-start")
    expect(page.locator("#backfill-cancel")).to_be_visible()
    work_through()
    # Told live.
    expect(page.locator("#backfill-said")).to_have_text("200 results computed.")
    expect(page.locator("#derived li")).to_contain_text("Up to date")
    page.get_by_role("switch", name="On: Boiler spread").click()
    expect(page.locator("#derived li")).to_contain_text("Off")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#delete")
    expect(page.locator("#derived-empty")).to_be_visible()
    assert not Series.objects.filter(metric="spread").exists()
