"""The pages in a real browser, on a real web process, database and Redis."""

from __future__ import annotations

import json
import re
import time
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence
from telemetry.live import contract
from telemetry.models import JobRun, RetentionRule, Series
from telemetry.moments import from_ms
from telemetry.storage import rollups
from telemetry.tests.written import write
from tests.browser import (
    PASSWORD,
    announce,
    chromium,
    operator,
    page,
    refused,
    tell_until,
    timers_last,
)
from tests.chromium import log_in
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

sent: Counter[str] = Counter()  # messages of each group


def now() -> int:
    return time.time_ns() // 1_000_000


def add_device(uid: str, name: str, *, last_seen_ms: int | None = None) -> Series:
    device = Device.objects.create(uid=uid, name=name, expected_interval=1)
    Presence.objects.create(device=device)
    series = Series.objects.create(device=device, metric="temperature", unit="°C", precision=1)
    if last_seen_ms is not None:
        insert([(series.id, last_seen_ms, 21.5)])
    return series


def send(series: Series, points: list[int | float]) -> None:
    """Announce readings as a bridge does: numbered by group, or the web process sees a loss."""
    group = contract.shard_group(series.device_id)
    sent[group] += 1
    announce(group, contract.readings("bridge-0", sent[group], {series.id: points}))


def text_of(page: Page) -> str:
    return page.locator("main").inner_text()


def drawn(page: Page) -> dict[str, list[list[float]]]:
    charts = page.evaluate("window.pulseboard.charts")
    return {chart["metric"]: chart["points"] for chart in charts}


def test_back_shows_nothing_after_a_log_out_and_a_wrong_password_is_told(page: Page):
    add_device("freezer-1", "Freezer 1")
    page.goto("/devices/freezer-1/")
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    page.goto("/")
    expect(page.locator(".device", has_text="Freezer 1")).to_be_visible()
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    refused.add("/api/v1/*")  # whatever the page asks by itself while it is left
    page.click("summary[aria-label='Account of olga']")
    page.click("text=Log out")
    expect(page.locator("[name=username]")).to_be_visible()
    for left in ("/", "/devices/freezer-1/"):
        page.go_back()
        expect(page).to_have_url(re.compile(f"/login/[?]next={left}$"))
        expect(page.locator("[name=username]")).to_be_visible()
        assert "Freezer 1" not in page.content()
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", "not it")
    page.click("button.main")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.locator("[name=password]")).to_be_focused()
    log_in(page, "olga", PASSWORD)


def test_an_empty_fleet_says_how_to_begin(page: Page):
    page.goto("/")
    expect(page.locator("#first-device")).to_be_visible()
    expect(page.locator("#curl-line")).to_contain_text("/api/v1/devices/")


def test_the_fleet_shows_devices_and_follows_live_readings(page: Page):
    series = add_device("freezer-1", "Freezer 1", last_seen_ms=now() - 3_600_000)
    page.goto("/")
    tile = page.locator(".device", has_text="Freezer 1")
    expect(tile).to_contain_text("21.5")
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")

    def shown() -> bool:
        at = now()
        insert([(series.id, at, 30.25)])
        send(series, [at, 30.25])
        told = tile.inner_text()
        return ("30.3" in told or "30.2" in told) and "Online" in told

    eventually(shown, what="the live value is on the tile, of a device that is online")


def told(frame: str | bytes) -> str:
    """What a frame of the socket says to what the page has read: "hello", "missed" or nothing."""
    message = json.loads(frame)
    if message["op"] == "refill" and message["series"] is None:
        return "missed"
    return "hello" if message["op"] == "hello" else ""


def test_a_page_reads_each_list_once_when_its_socket_opens_and_without_one_too(page: Page):
    add_device("freezer-1", "Freezer 1", last_seen_ms=now())
    happened: list[str] = []

    def note(what: str) -> None:
        if what:
            happened.append(what)

    page.on("request", lambda request: note(request.url if "/api/" in request.url else ""))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: note(told(text))))
    page.on("framenavigated", lambda _: happened.clear())  # what the page before asked last
    timers_last(page, 400)  # it waits for its socket as long as that takes
    page.add_init_script("window.setInterval = () => 0")  # nothing is read again by the clock
    for path, sign in (("/", ".device"), ("/devices/freezer-1/", ".chart-card"), ("/rules/", "h1")):
        page.goto(path)
        page.locator(sign).first.wait_for()
        expect(page.locator("#connection")).to_have_attribute("data-state", "online")
        page.wait_for_load_state("networkidle")
        # Messages are asked for by the clock and by who scrolls to them, not after what was missed.
        asked = Counter(each for each in happened if "/api/" in each and "/messages/" not in each)
        assert len(asked) > 3, path
        again = happened.count("hello") + happened.count("missed")
        assert max(asked.values()) <= again, (path, happened)
    timers_last(page, 400, 0)
    page.add_init_script("window.WebSocket = class { close() {} }")  # and nothing ever comes of it
    page.goto("/")
    expect(page.locator(".device", has_text="Freezer 1")).to_contain_text("21.5")


def test_search_hides_what_it_does_not_find_and_says_so(page: Page):
    add_device("freezer-1", "Freezer 1")
    add_device("motor-1", "Motor 1")
    page.goto("/")
    expect(page.locator(".device")).to_have_count(2)
    page.fill("#search", "motor")
    expect(page.locator(".device")).to_have_count(1)
    expect(page.locator("#hidden-count")).to_have_text("1 hidden")
    expect(page).to_have_url(re.compile("search=motor"))
    page.keyboard.press("Escape")
    expect(page.locator(".device")).to_have_count(2)


def test_arrows_walk_the_devices_and_enter_opens_one(page: Page):
    add_device("a-1", "Air 1")
    add_device("b-2", "Air 2")
    page.goto("/")
    expect(page.locator(".device")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".device", has_text="Air 2").locator("a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices/b-2/")


def test_a_device_page_draws_what_is_stored_and_stitches_live_readings(page: Page):
    start = now() - 60_000
    series = add_device("freezer-1", "Freezer 1")
    stored = [[start + i * 1000, 20 + i / 10] for i in range(50)]
    insert([(series.id, at, value) for at, value in stored])
    page.goto("/devices/freezer-1/?window=5m")
    eventually(lambda: drawn(page)["temperature"] == stored, what="the stored points are drawn")

    expect(page.locator("#connection .word")).to_have_text("Live")
    fresh = [now(), 99.5]
    insert([(series.id, int(fresh[0]), fresh[1])])
    # Sent twice, as a redelivery would: drawn once.
    send(series, fresh)
    send(series, fresh)
    eventually(lambda: drawn(page)["temperature"] == [*stored, fresh], what="stitched")
    expect(page.locator(".chart-card .value")).to_contain_text("99.5")


def test_a_chart_becomes_a_table_that_goes_on_living(page: Page):
    series = add_device("freezer-1", "Freezer 1")
    at = now() - 10_000
    insert([(series.id, at, 1.0)])
    page.goto("/devices/freezer-1/?window=5m")
    eventually(lambda: drawn(page)["temperature"] == [[at, 1.0]])
    expect(page.locator("#connection .word")).to_have_text("Live")
    page.click("[aria-label='Menu of Temperature']")
    page.click("text=Show table")
    rows = page.locator(".table-view tbody tr")
    expect(rows).to_have_count(1)
    insert([(series.id, at + 5_000, 2.0)])
    send(series, [at + 5_000, 2.0])
    expect(rows).to_have_count(2)
    expect(rows.first.locator("td").last).to_have_text("2.0")


def test_pausing_holds_the_picture_and_live_returns(page: Page):
    series = add_device("freezer-1", "Freezer 1")
    at = now() - 10_000
    insert([(series.id, at, 1.0)])
    page.goto("/devices/freezer-1/?window=5m")
    eventually(lambda: drawn(page)["temperature"] == [[at, 1.0]])
    page.keyboard.press("p")
    expect(page.locator("#connection")).to_contain_text("behind")
    insert([(series.id, at + 5_000, 2.0)])
    send(series, [at + 5_000, 2.0])
    page.keyboard.press("l")
    expect(page.locator("#connection .word")).to_have_text("Live")
    eventually(lambda: [at + 5_000, 2.0] in drawn(page)["temperature"])


def test_a_window_is_in_the_address_and_the_keys(page: Page):
    add_device("freezer-1", "Freezer 1", last_seen_ms=now() - 7_200_000)
    page.goto("/devices/freezer-1/")
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile(r"\?window=1h$"))
    expect(page.locator(".no-data")).to_contain_text("No readings in this window. Last one 2")
    page.click("text=jump there")
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    eventually(lambda: len(drawn(page)["temperature"]) == 1, what="the jump shows the reading")


def test_the_theme_is_switched_and_remembered(page: Page):
    page.goto("/")
    root = page.locator("html")
    page.click("#appearance summary")
    page.click("[data-theme-choice=dark]")
    expect(root).to_have_attribute("data-theme", "dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(12, 14, 17)"
    page.goto("/pipeline/")
    expect(root).to_have_attribute("data-theme", "dark")


def test_the_keyboard_help_opens_and_closes(page: Page):
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_the_pipeline_draws_the_books(page: Page):
    JobRun.objects.create(name="roll_up", succeeded_at=from_ms(now() - 3 * 3_600_000))
    page.goto("/pipeline/")
    expect(page.locator("#workers")).to_contain_text("No bridge has run yet")
    # A bridge that speaks once and never again would be missed by the tests that follow.
    counters = {"received": 12, "stored": 9, "duplicate": 1, "rejected": 2, "spooled": 0}
    message = contract.event("pipeline", worker="http-7", at=now(), counters=counters)
    idle = "maintenance has done nothing for 3"
    tell_until(lambda: announce(contract.EVENTS_GROUP, message), lambda: idle in text_of(page))
    assert "http-7" in text_of(page)
    worker = page.locator(".worker")
    expect(worker.locator(".is-received .value")).to_have_text("12")
    expect(worker.locator(".verdict")).to_have_text("0 missing")
    expect(worker).to_contain_text("Not seen for")


def test_what_a_rule_of_retention_removes_is_shown_before_it_is_saved(page: Page):
    series = add_device("freezer-1", "Freezer 1")
    write(series.pk, [(now() - days * 86_400_000, 21.5) for days in (1, 90)])
    rollups.run(from_ms(now() + 120_000))
    page.goto("/pipeline/")
    page.get_by_role("button", name="Keep some for another time").click()
    dialog = page.locator("#form-dialog")
    dialog.get_by_label("Which").fill("freezer-1")
    dialog.get_by_label("Days of readings").fill("30")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".going")).to_contain_text("1 readings of 1 series")
    expect(dialog).to_contain_text("Press again to do it")
    assert not RetentionRule.objects.exists()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#keeping-rules")).to_contain_text("readings 30 days")
    assert RetentionRule.objects.get().device.uid == "freezer-1"
    page.get_by_role("button", name="Delete the rule of Freezer 1").click()
    dialog.get_by_role("button", name="Delete").click()  # which removes nothing
    expect(dialog).to_be_hidden()
    expect(page.locator("#keeping-rules li")).to_have_count(0)


def test_a_worker_in_trouble_is_loud(page: Page):
    page.goto("/pipeline/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    counters = {"received": 12, "stored": 2, "spooled": 10, "spool_bytes": 4096, "spool_full": 1}
    counters |= {"connected": 0, "database_up": 0}
    message = contract.event("pipeline", worker="http-7", at=now(), counters=counters)
    tell_until(lambda: announce(contract.EVENTS_GROUP, message), lambda: "http-7" in text_of(page))
    alarms = page.locator(".worker .alarms li")
    expect(alarms).to_have_count(3)
    expect(alarms.first).to_contain_text("The spool is full at 10 messages")
    expect(alarms.nth(1)).to_contain_text("The database is away")
    expect(alarms.nth(2)).to_contain_text("The broker is away")
    expect(page).to_have_title("1 in trouble · Pipeline · Pulseboard")


def test_a_live_device_does_not_hide_a_dead_sensor(page: Page):
    series = add_device("freezer-1", "Freezer 1")
    dead = Series.objects.create(device=series.device, metric="humidity", unit="%", precision=1)
    at = now()
    insert([(dead.id, at - 600_000, 50.0), (series.id, at, 21.5)])
    Device.objects.update(expected_interval=60)
    Presence.objects.update(last_seen_at=from_ms(at))
    page.goto("/")
    tile = page.locator(".device", has_text="Freezer 1")
    expect(tile.locator(".state")).to_have_text("Online · 1 sensor silent")
    expect(page).to_have_title("1 with silent sensors · Fleet · Pulseboard")
    tile.click()
    expect(page.locator("#presence-word")).to_have_text("Online · 1 sensor silent")
    head = page.locator(".series-head", has_text="Humidity")
    expect(head.locator("header .state")).to_contain_text("Silent since")
    expect(page.locator(".series-head header .state:visible")).to_have_count(1)


def test_a_reading_that_arrives_late_wakes_nobody(page: Page):
    series = add_device("freezer-1", "Freezer 1")
    at = now()
    insert([(series.id, at - 600_000, 21.5)])
    Presence.objects.update(last_seen_at=from_ms(at - 600_000))
    page.goto("/")
    tile = page.locator(".device", has_text="Freezer 1")
    expect(tile.locator(".state")).to_have_text("Silent")
    expect(page.locator("#connection .word")).to_have_text("Live")
    # An older reading arrives, then one that is newer: only what is newer is a sign of life.
    tell_until(
        lambda: send(series, [at - 700_000, 1.0, at - 500_000, 77.0]),
        lambda: "77.0" in text_of(page),
    )
    expect(tile.locator(".state")).to_have_text("Silent")
