"""Nothing moves while a page loads: what comes later has its room, or comes below what is there."""

from __future__ import annotations

import time

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

MOST = 0.05  # of the window times the way, as browsers count layout shift
MOST_ON_PHONE = 0.15  # of a device: the presence above its charts has as many lines as it needs
COUNT = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((one) => window.shifts.push(
  [one.value, one.sources.map(({node}) => node?.id || String(node?.className)).join()])))
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def things() -> None:
    now = time.time_ns() // 1_000_000
    for number in range(12):
        device = Device.objects.create(uid=f"pump-{number}", name=f"Pump {number}")
        Presence.objects.create(device=device, last_seen_at=from_ms(now - number * 60_000))
        for metric, kind in (("temperature", "gauge"), ("humidity", "gauge"), ("door", "boolean")):
            series = Series.objects.create(device=device, metric=metric, kind=kind, precision=1)
            insert([(series.id, now - each * 1000, 1) for each in range(60)])
    for number in range(8):
        QuarantinedMessage.objects.create(
            received_at=timezone.now(),
            topic=f"devices/new-{number % 3}/telemetry",
            uid=f"new-{number % 3}",
            reason="unknown_device",
            detail="as a bridge says it",
            payload=b'{"temperature": 20.5}',
            payload_size=21,
            worker="bridge-0",
        )


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("/", ".device .value .unit"),
        ("/devices/pump-0/", ".chart-card .value .unit"),
        ("/pipeline/", "#quarantined li"),
        ("/quarantine/", "#quarantined li"),
    ],
)
def test_a_page_is_steady_while_it_loads(
    page: Page, things: None, path: str, sign: str, width: int
):
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(COUNT)
    page.goto(path)
    page.locator(sign).first.wait_for(state="attached")
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    page.wait_for_load_state("networkidle")
    shifts = page.evaluate("window.shifts")
    most = MOST_ON_PHONE if path.startswith("/devices/") and width < 720 else MOST
    assert sum(value for value, _ in shifts) <= most, shifts
