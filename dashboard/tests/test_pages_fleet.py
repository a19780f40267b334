"""The fleet page: what is wrong on top, a grid that never moves by itself, cards by kind."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import CardTemplate
from dashboard.tests.live_socket import insert
from dashboard.tests.test_pages_browser import send
from devices.models import Device, Presence, Site
from telemetry.live import contract
from telemetry.models import Series
from telemetry.moments import from_ms
from tests.browser import announce, chromium, operator, page, tell_until, timers_last
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = 60_000  # ms
UNDO = 10_000  # ms in which a page offers to undo


@pytest.fixture
def cold_rooms() -> dict[str, Series]:
    """A freezer that is too warm for three minutes, a device that says it is offline, and others
    that are well."""
    sites = {slug: Site.objects.create(slug=slug, name=slug.title()) for slug in ("north", "east")}
    made = {}
    for uid, site, kind in (
        ("f-1", "north", "freezer"), ("f-2", "east", "freezer"), ("p-1", "east", "pump"),
        ("p-2", "north", "pump"),
    ):  # fmt: skip
        device = Device.objects.create(
            uid=uid, name=uid.upper(), site=sites[site], kind=kind, tags=["haccp"] * (uid == "f-1"),
            expected_interval=3600, metadata={"thresholds": {
                "temperature": [{"value": -15, "op": "above", "label": "Too warm"}]}},
        )  # fmt: skip
        at = time.time_ns() // 1_000_000
        Presence.objects.create(
            device=device, last_seen_at=from_ms(at), connection="online",
            connection_since=from_ms(at - 60 * MINUTE),
        )  # fmt: skip
        for metric, unit in (("temperature", "°C"), ("humidity", "%")):
            series = Series.objects.create(device=device, metric=metric, unit=unit, precision=1)
            made[f"{uid} {metric}"] = series
            warm = uid == "f-1" and metric == "temperature"
            insert([
                (series.pk, at - back * 10_000, -10.0 if warm and back < 18 else -18.0)
                for back in range(60)
            ])  # fmt: skip
    # Long enough to be told from the first moment.
    Presence.objects.filter(device__uid="p-2").update(
        last_seen_at=from_ms(at - 30_000), connection="offline",
        connection_since=from_ms(at - 20_000),
    )  # fmt: skip
    return made


NAMES = """all => all.map(
  (one) => one.querySelector(one.matches('h2') ? 'span' : '.name').textContent)"""


def names(page: Page) -> list[str]:
    """Of headings and tiles, as they lie."""
    return list(page.locator("#devices > *").evaluate_all(NAMES))


def test_what_is_wrong_stands_on_top_and_the_grid_stands_still(
    page: Page, cold_rooms: dict[str, Series]
):
    page.goto("/")
    rows = page.locator(".problem")
    expect(rows.first).to_contain_text("Too warm: Temperature −10.0\u2009°C, limit −15.0\u2009°C")
    expect(rows.first.locator(".state")).to_have_text("Beyond limit")
    # Since when is found in its history: seventeen steps of ten seconds before the newest.
    eventually(
        lambda: rows.first.locator(".since").inner_text().startswith(("2", "3")),
        what="since when it is too warm",
    )
    expect(page.locator("#problems-count")).to_have_text("2 problems")
    # The second may have come when there was room for one, which grows while nobody does anything.
    page.locator("#problems-more").evaluate("(more) => more.hidden || more.click()")
    expect(rows.nth(1)).to_contain_text("P-2")
    expect(rows.nth(1)).to_contain_text("Says that it is offline")
    expect(page.locator("[data-uid=f-1]")).to_have_attribute("data-state", "limit")
    by_site = ["F-2", "P-1", "F-1", "P-2"]
    assert names(page) == by_site
    page.select_option("#group", "kind")
    assert names(page) == ["freezer", "F-2", "F-1", "pump", "P-1", "P-2"]
    page.select_option("#group", "tag")
    assert names(page) == ["haccp", "F-1", "No tag", "F-2", "P-1", "P-2"]
    page.select_option("#group", "")
    page.select_option("#order", "worst")
    worst = ["F-1", "P-2", "F-2", "P-1"]
    assert names(page) == worst
    expect(page).to_have_url(page.url.split("?")[0] + "?order=worst")
    # It cools down: its row says so, and no tile moves until the viewer asks.
    state = rows.filter(has_text="F-1").locator(".state")
    tell_until(
        lambda: cooled(cold_rooms["f-1 temperature"]), lambda: state.inner_text() == "Well again"
    )
    expect(page.locator("[data-uid=f-1]")).to_have_attribute("data-state", "online")
    assert names(page) == worst
    # No frame carries what an import stored: it is asked for by name.
    late = cold_rooms["f-2 temperature"]
    insert([(late.pk, time.time_ns() // 1_000_000, -17.0)])
    with page.expect_request(f"**/api/v1/readings/latest/?series={late.pk}"):
        announce(contract.EVENTS_GROUP, contract.refill("imported", [late.pk]))
    expect(page.locator("[data-uid=f-2]")).to_contain_text("−17.0")
    page.click("#sort-again")
    assert names(page) == ["P-2", "F-1", "F-2", "P-1"]
    rows.filter(has_text="P-2").click()
    page.wait_for_url("**/devices/p-2/?window=1h&from=*")


def test_on_paper_each_device_has_its_value_light_and_without_what_one_presses(
    page: Page, cold_rooms: dict[str, Series]
):
    page.set_viewport_size({"width": 688, "height": 60})  # A4 between its margins; no tile in sight
    page.goto("/?layout=tiles")
    expect(page.locator(".device")).to_have_count(4)
    expect(page.locator("[data-uid=p-1] .value")).to_have_count(0)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    values = page.locator(".device .tile > .value")
    expect(values).to_have_text(
        [f"{value}\u2009°C" for value in ("−18.0", "−18.0", "−10.0", "−18.0")]
    )
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    for part in (".rail", "#search", "#order", ".skip"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator("#chips")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def cooled(series: Series) -> None:
    at = time.time_ns() // 1_000_000
    insert([(series.pk, at, -18.0)])
    send(series, [at, -18.0])


def test_a_card_is_chosen_once_for_all_of_its_kind_on_every_open_page(
    page: Page, cold_rooms: dict[str, Series]
):
    page.goto("/")
    other = page.context.new_page()
    other.goto("/?site=east&layout=rows")
    expect(other.locator("#devices")).to_have_class("devices is-rows")
    expect(other.locator("[data-uid=f-2] .metric")).to_have_text("Temperature")
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    expect(other.locator("#connection")).to_have_attribute("data-state", "online")
    page.hover("[data-uid=f-1]")
    page.click("[data-uid=f-1] .card-menu")
    expect(page.locator("#card-title")).to_have_text("Cards of kind freezer")
    page.select_option("#card-main", "humidity")
    page.select_option("#card-other-1", "temperature")
    page.click("#card-form .main")
    expect(page.locator("[data-uid=f-1] .metric")).to_have_text("Humidity")
    expect(page.locator("[data-uid=p-1] .metric")).to_have_text("Temperature")
    expect(other.locator("[data-uid=f-2] .metric")).to_have_text("Humidity")
    card = CardTemplate.objects.get()
    assert (card.kind, card.main, card.others) == ("freezer", "humidity", ["temperature"])
    page.hover("[data-uid=f-1]")
    page.click("[data-uid=f-1] .card-menu")
    page.click("#card-reset")
    expect(other.locator("[data-uid=f-2] .metric")).to_have_text("Temperature")
    assert not CardTemplate.objects.exists()


def test_a_page_becomes_a_view_on_every_open_page_and_the_palette_leads_there(
    page: Page, cold_rooms: dict[str, Series]
):
    other = page.context.new_page()
    timers_last(other, UNDO)
    other.goto("/quarantine/")
    expect(other.locator("#connection")).to_have_attribute("data-state", "online")
    page.goto("/?group=kind&search=f-")
    expect(page.locator(".device")).to_have_count(2)
    page.keyboard.press("Shift+S")
    expect(page.locator("#view-name")).not_to_have_value("S")
    page.fill("#view-name", "All freezers")
    page.click("#view-form .main")
    expect(page.locator("#views-own a")).to_have_text(["All freezers"])
    expect(other.locator("#views-own a")).to_have_text(["All freezers"])
    # From any page, by what it is called; and what the server finds by its name.
    other.keyboard.press("/")
    other.keyboard.type("P-1")
    expect(other.get_by_role("option", name="P-1 East · pump")).to_be_visible()
    other.keyboard.press("Control+k")
    expect(other.locator("#palette")).to_be_hidden()
    other.keyboard.press("Control+k")
    other.keyboard.type("all fr")
    expect(other.get_by_role("option", selected=True)).to_contain_text("All freezers")
    other.keyboard.press("Enter")
    other.wait_for_url("**/?group=kind&search=f-")
    other.locator("#views summary").click()
    other.locator("#views-own button").click()
    expect(page.locator("#views-own a")).to_have_count(0)
    other.get_by_role("button", name="Undo").click()
    expect(page.locator("#views-own a")).to_have_text(["All freezers"])
