"""The one control of time on a device's page, its lane of presence, its history, and Back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence, PresenceFact, PresenceKnown, Site
from telemetry.models import Series
from telemetry.moments import from_ms
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CHANGE = 1_774_746_000_000  # 2026-03-29 01:00 UTC: in Berlin 02:00 is 03:00


@pytest.fixture
def device() -> Device:
    """Of a past: silent over the hour that Berlin's clocks leave out, offline later that day."""
    site = Site.objects.create(slug="yard", name="Yard", zone="Asia/Kathmandu")
    made = Device.objects.create(uid="press-1", name="Press", site=site, expected_interval=60)
    Device.objects.filter(pk=made.pk).update(created_at=from_ms(CHANGE - 40 * DAY))
    left = CHANGE + 5 * HOUR
    facts = [
        ("heard", CHANGE + 30 * MINUTE, CHANGE - 35 * MINUTE),
        ("offline", left, left - MINUTE),
        ("heard", left + HOUR, left - MINUTE),
    ]
    for what, at, after in facts:
        PresenceFact.objects.create(device=made, what=what, at=from_ms(at), after=from_ms(after))
    known = CHANGE + 12 * HOUR
    PresenceKnown.objects.create(id=1, until=from_ms(known))
    Presence.objects.create(device=made, last_seen_at=from_ms(known))
    series = Series.objects.create(device=made, metric="level", created_at=from_ms(CHANGE))
    insert([(series.pk, CHANGE + n * HOUR, float(n)) for n in range(-48, 12)])
    return made


def states(page: Page) -> list[str]:
    return (
        page.locator("#status-lane svg g")
        .first.locator("rect")
        .evaluate_all("all => all.map((one) => one.dataset.state)")
    )


def window_of(page: Page) -> tuple[int, int]:
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found, page.url
    return int(found[1]), int(found[2])


def refuses_what_is_no_time(field: Locator) -> None:
    field.fill("soon")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press("Escape")


def ask(page: Page, text: str) -> Locator:
    """What the palette offers first."""
    page.locator("#name").click()
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Find or do").fill(text)
    return page.locator("#palette").get_by_role("option").first


def the_palette_reads_times(page: Page) -> None:
    # It offers no day for the beginning of a name.
    expect(ask(page, "sat")).not_to_contain_text("Show 2026")
    page.keyboard.press("Escape")
    first = ask(page, "2026-03-29 00:30 to 2026-03-29 02:00")
    expect(first).to_contain_text("Show 2026-03-29 00:30:00")
    page.keyboard.press("Enter")


def the_palette_leads_to_the_log(page: Page) -> None:
    expect(ask(page, "write in the log")).to_have_text("Write in the log about this view")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.write")).to_be_visible()
    page.keyboard.press("Escape")
    expect(ask(page, "hand over")).to_have_text("Hand over the shift")
    page.keyboard.press("Enter")
    expect(page.locator("#hand-over")).to_be_visible()


def click_overview(page: Page) -> None:
    """By the element, which is waited for until it rests: charts above it may still grow."""
    overview = page.locator("#overview")
    box = overview.bounding_box()
    assert box
    overview.click(position={"x": box["width"] * 0.4, "y": 20})


def test_a_window_is_asked_for_moved_and_taken_back(page: Page, device: Device):
    page.clock.install()
    page.goto(f"/devices/press-1/?window=1h&from={CHANGE - 2 * HOUR}&to={CHANGE + 2 * HOUR}")
    eventually(lambda: states(page) == ["online", "late", "silent", "online"], what="the lane")
    asked = f"/api/v1/devices/press-1/presence/?from={CHANGE - 2 * HOUR}&to={CHANGE + 2 * HOUR}"
    lane = page.locator("#status-lane")
    expect(lane.get_by_role("img", name=re.compile("^Presence: Online .*, Silent"))).to_have_count(
        1
    )
    stored = page.request.get(asked).json()["stretches"]
    assert states(page) == [each["state"] for each in stored]
    field = page.locator(".time-field")

    def window() -> tuple[int, int]:
        return window_of(page)

    # What is written is read in the zone that is shown, also on the day its clocks change.
    page.locator(".zone-field").select_option("site")
    expect(field).to_have_value(re.compile(r"2026-03-29 04:45 – 08:45"))
    page.locator(".zone-field").select_option("UTC")
    field.fill("2026-03-29 00:30 to 2026-03-29 02:00")
    field.press("Enter")
    assert window() == (CHANGE - 30 * MINUTE, CHANGE + HOUR)
    expect(field).to_have_value(re.compile(r"2026-03-29 00:30 – 02:00"))
    eventually(lambda: states(page) == ["silent", "online"], what="the lane of less")
    refuses_what_is_no_time(field)

    the_palette_reads_times(page)
    assert window() == (CHANGE - 30 * MINUTE, CHANGE + HOUR)
    page.clock.fast_forward(2_000)
    page.get_by_label("One window back").click()
    assert window() == (CHANGE - 2 * HOUR, CHANGE - 30 * MINUTE)
    page.go_back()
    assert window() == (CHANGE - 30 * MINUTE, CHANGE + HOUR)
    expect(field).to_have_value(re.compile(r"2026-03-29 00:30 – 02:00"))
    page.go_back()
    assert window() == (CHANGE - 2 * HOUR, CHANGE + 2 * HOUR)
    expect(field).to_have_value(re.compile("2026-03-28 23:00"))

    # The lane says what was, and leads there; so do the keys.
    eventually(lambda: states(page) == ["online", "late", "silent", "online"], what="it is back")
    box = lane.bounding_box()
    assert box
    lane.hover(position={"x": box["width"] * 0.5, "y": 10})
    expect(page.locator(".lane-tip")).to_contain_text(re.compile("Silent .*last heard"))
    page.mouse.move(0, 0)
    page.locator("#name").click()
    page.keyboard.press("n")
    middle = sum(window()) / 2
    assert abs(middle - (CHANGE + 30 * MINUTE - 60 * MINUTE)) < 35 * MINUTE

    # The whole history, and the window in it.
    eventually(
        lambda: page.locator(".overview-readings rect").count() > 10, what="the history is drawn"
    )
    before = window()
    eventually(lambda: click_overview(page) or window() != before, what="the window follows")
    assert window()[1] - window()[0] == before[1] - before[0]
    expect(page.locator(".brush")).to_be_visible()
    the_palette_leads_to_the_log(page)
