"""The pages under a finger, 390 px wide, and from across a room."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence, Site
from telemetry.models import Series
from telemetry.moments import from_ms
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = 3_600_000  # ms
# Lower than a finger is wide. The small buttons of dense lines take the touch around them as well.
MISSED = """(selector) => [...document.querySelectorAll(selector)]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect().height, one])
  .filter(([, height, one]) => height + (one.matches('.tiny') ? 20 : 0) < 44)
  .map(([html, height]) => `${html}: ${height}`)"""
# Of all frames, also while the page connects and says so.
WIDEST = """window.widest = 0;
(function look() {
  window.widest = Math.max(window.widest, document.documentElement?.scrollWidth ?? 0);
  requestAnimationFrame(look);
})()"""
CLIPPED = """() => [...document.querySelectorAll('.device .clip, .device .value')]
  .filter((one) => getComputedStyle(one).overflow !== 'visible')
  .filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.className)"""


@pytest.fixture
def phone(page: Page) -> Iterator[Page]:
    page.set_viewport_size({"width": 390, "height": 844})
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    session.send(
        "Emulation.setEmulatedMedia", {"features": [{"name": "pointer", "value": "coarse"}]}
    )
    yield page
    session.detach()


@pytest.fixture
def silent() -> Device:
    last = time.time_ns() // 1_000_000 - LONG_AGO
    site = Site.objects.create(slug="harbour", name="Harbour plant")
    device = Device.objects.create(uid="pump-1", name="Pump with a long name 1", site=site)
    Presence.objects.create(device=device, last_seen_at=from_ms(last))
    for metric in ("temperature", "humidity", "voltage"):
        series = Series.objects.create(device=device, metric=metric, unit="V", precision=1)
        insert([(series.id, last, 21.5)])
    return device


def test_a_phone_says_under_the_name_that_a_device_is_silent(phone: Page, silent: Device):
    phone.goto("/devices/pump-1/")
    mark = phone.locator("#presence-mark")
    expect(mark).to_have_text("Silent")
    expect(mark).to_be_in_viewport(ratio=1)
    expect(phone.locator("#presence")).to_be_in_viewport(ratio=1)
    expect(phone.locator("#presence-evidence")).not_to_have_text("")
    name, state = (phone.locator(one).bounding_box() for one in ("#name", "#presence-mark"))
    assert name
    assert state
    assert state["y"] >= name["y"] + name["height"] - 1


@pytest.mark.parametrize(
    "path", ["/?search=pump", "/devices/pump-1/", "/quarantine/", "/sites/harbour/"]
)
def test_what_a_finger_touches_is_44_px_high_and_nothing_is_ever_wider_than_the_phone(
    phone: Page, silent: Device, path: str
):
    phone.add_init_script(WIDEST)
    phone.goto(path)
    expect(phone.locator("#connection")).to_have_attribute("data-state", "online")
    assert phone.evaluate("matchMedia('(pointer: coarse)').matches")
    assert (
        phone.evaluate(MISSED, "main :is(button, select, input, summary.button), .bar button") == []
    )
    assert phone.evaluate("window.widest") == 390, "while it connected, or since"
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_a_search_is_cleared_with_one_touch_and_the_order_can_be_read(phone: Page, silent: Device):
    phone.goto("/?search=nothing")
    expect(phone.locator("#none-match")).to_be_visible()
    box = phone.locator("#order").bounding_box()
    assert box
    assert box["width"] >= 150, "room for the longest order"
    phone.get_by_role("button", name="Clear the search").click()
    expect(phone.locator(".device")).to_have_count(1)
    expect(phone.locator("#search-clear")).to_be_hidden()
    expect(phone.locator("#search")).to_be_focused()


def test_nothing_is_clipped_on_the_wall(page: Page, silent: Device):
    page.add_init_script("localStorage.setItem('pulseboard.density', 'wall')")
    page.goto("/")
    expect(page.locator(".device .value").first).to_contain_text("21.5")
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_back_from_a_device_leads_to_its_tile(page: Page, width: int):
    for number in range(80):
        device = Device.objects.create(uid=f"pump-{number:02}", name=f"Pump {number:02}")
        Presence.objects.create(device=device)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?order=name")
    tile = page.locator("[data-uid=pump-61]")
    tile.scroll_into_view_if_needed()
    # Where it stands when it is clicked: it may move until then, while tiles get their height.
    tile.evaluate(
        "tile => tile.addEventListener('pointerdown', () =>"
        " sessionStorage.setItem('stood', tile.getBoundingClientRect().top))"
    )
    tile.click()
    page.wait_for_url("**/devices/pump-61/")
    page.go_back()
    before = float(page.evaluate("sessionStorage.getItem('stood')"))
    expect(tile.locator("a")).to_be_focused()
    expect(tile).to_be_in_viewport(ratio=1)
    eventually(
        lambda: abs((tile.bounding_box() or {"y": 0})["y"] - before) <= 2,
        what="the tile stands where it stood",
    )
