"""The pages as a screen reader meets them: axe finds nothing to complain of, light and dark."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence
from telemetry.models import QuarantinedMessage, Series
from telemetry.moments import from_ms
from tests.browser import chromium, operator, page
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LONG_AGO = 3_600_000  # ms
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


@pytest.fixture
def devices() -> None:
    """One that is heard, one long silent with a word nobody could break, one disabled."""
    now = time.time_ns() // 1_000_000
    for uid, last, enabled in (
        ("pump-1", now, True),
        ("pump-2", now - LONG_AGO, True),
        ("pump-3", now, False),
    ):
        device = Device.objects.create(
            uid=uid, name=f"Pump {uid}", enabled=enabled, notes="w" * 300
        )
        Presence.objects.create(device=device, last_seen_at=from_ms(last))
        for metric in ("temperature", "humidity"):
            series = Series.objects.create(device=device, metric=metric, unit="°C", precision=1)
            insert([(series.id, last, 21.5)])
    payload = b"temperature=20.5"
    QuarantinedMessage.objects.create(
        received_at=timezone.now(),
        topic="devices/pump-7/telemetry",
        uid="pump-7",
        reason="malformed_json",
        detail="as a bridge says it",
        payload=payload,
        payload_size=len(payload),
        worker="bridge-0",
    )


def complaints(page: Page) -> list[str]:
    assert AXE.is_file(), "run make lint first: it installs what package-lock.json names"
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:240]}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/", ".device[data-state=silent] .value"),
        ("/devices/pump-2/", ".chart-card .value"),
        ("/pipeline/", "#quarantined li"),
        ("/quarantine/", "#quarantined li"),
    ],
)
def test_nothing_of_a_page_is_hard_to_read(
    page: Page, devices: None, path: str, sign: str, theme: Literal["light", "dark"]
):
    page.emulate_media(color_scheme=theme)
    page.goto(path)
    expect(page.locator(sign).first).to_be_visible()
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    page.click("#appearance summary")
    assert complaints(page) == []


def test_the_login_has_a_heading_and_nothing_hard_to_read(page: Page):
    page.context.clear_cookies()
    page.goto("/login/")
    expect(page.locator("h1")).to_have_text("Pulseboard")
    assert complaints(page) == []


def test_a_tile_is_called_what_it_shows(page: Page, devices: None):
    page.goto("/")
    tile = page.get_by_role("link", name="Silent").filter(has_text="Pump pump-2")
    expect(tile).to_contain_text("21.5")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_long_word_in_the_notes_does_not_widen_the_page(page: Page, devices: None, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/devices/pump-1/")
    expect(page.locator(".notes")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
