"""What pages show when there is little to show, and what one selects: in a real browser."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device, Presence
from telemetry.live import contract
from telemetry.models import Series
from tests.browser import (
    PAGE_SECONDS,
    PASSWORD,
    USERNAME,
    announce,
    chromium,
    operator,
    page,
    tell_until,
    timers_last,
)
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
HELD = 500  # ms after which a finger is held
UIDS = ("a-1", "b-2", "c-3", "d-4")


def add_device(uid: str, **facts: object) -> Series:
    device = Device.objects.create(uid=uid, name=uid, expected_interval=60, **facts)
    Presence.objects.create(device=device)
    return Series.objects.create(device=device, metric="temperature", unit="°C", precision=1)


def selected(page: Page) -> list[str]:
    tiles = page.locator(".device.is-selected")
    return list(tiles.evaluate_all("tiles => tiles.map((tile) => tile.dataset.uid)"))


def test_tiles_are_selected_with_keys_and_shift_and_the_address_keeps_it(page: Page):
    for uid in UIDS:
        add_device(uid)
    page.goto("/?order=name")
    expect(page.locator(".device")).to_have_count(4)
    page.focus("[data-uid=a-1] a")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#selection-count")).to_have_text("3 selected")
    page.keyboard.press("Shift+ArrowLeft")
    eventually(lambda: selected(page) == ["a-1", "b-2"], what="the selection shrinks")
    page.click("[data-uid=d-4]", modifiers=["Shift"])
    eventually(lambda: selected(page) == list(UIDS), what="the selection grows")
    expect(page).to_have_url(re.compile(r"selected=a-1%2Cb-2%2Cc-3%2Cd-4$"))

    page.goto("/?order=name&selected=b-2%2Cd-4")
    expect(page.locator("#selection-count")).to_have_text("2 selected")
    page.click("text=Only these")
    expect(page.locator(".device")).to_have_count(2)
    expect(page.locator("#hidden-count")).to_have_text("2 hidden")
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    expect(page.locator(".device")).to_have_count(4)
    expect(page).not_to_have_url(re.compile("selected"))


def test_a_finger_held_selects_a_tile_and_taps_go_on_from_there(page: Page):
    for uid in UIDS:
        add_device(uid)
    page.goto("/?order=name")
    expect(page.locator(".device")).to_have_count(4)
    fingers = page.context.new_cdp_session(page)

    def touch(uid: str, *, until: Callable[[], bool] = lambda: True) -> None:
        box = page.locator(f"[data-uid={uid}]").bounding_box()
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
        eventually(until, what=f"the finger held on {uid} does what it does")
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    touch("b-2", until=lambda: selected(page) == ["b-2"])
    timers_last(page, HELD)  # no tap is one, however slow
    touch("d-4")
    eventually(lambda: selected(page) == ["b-2", "d-4"], what="a tap selects one more")
    touch("b-2")
    eventually(lambda: selected(page) == ["d-4"], what="a tap lets go of one")
    touch("d-4")
    expect(page.locator("#selection")).to_be_hidden()
    touch("a-1")
    page.wait_for_url("**/devices/a-1/")


def test_a_window_without_readings_says_so_and_makes_no_axis_up(page: Page):
    series = add_device("a-1")
    at = time.time_ns() // 1_000_000 - 2 * 3_600_000
    insert([(series.id, at, 21.5)])
    page.goto(f"/devices/a-1/?window=5m&from={at - 7_200_000}&to={at - 6_900_000}")
    note = page.locator(".no-data")
    expect(note).to_have_text("No readings in this window, and none before it — go live")
    note.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\?window=5m$"))
    expect(note).to_contain_text("No readings in this window. Last one 2")
    page.click("text=jump there")
    expect(note).to_be_hidden()
    eventually(lambda: page.evaluate("window.pulseboard.charts[0].points.length") == 1)
    assert page.evaluate("window.pulseboard.charts[0].points[0][1]") == 21.5


def test_a_paused_chart_says_so_and_stays(page: Page):
    add_device("a-1")
    page.goto("/devices/a-1/?window=5m")
    expect(page.locator("#connection .word")).to_have_text("Live")
    page.keyboard.press("p")
    expect(page.locator("#connection")).to_contain_text("Go live")
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+$"))
    page.keyboard.press("l")
    expect(page.locator("#connection .word")).to_have_text("Live")


def test_what_an_empty_fleet_tells_one_to_type_registers_a_device(page: Page):
    page.goto("/")
    expect(page.locator("#first-device")).to_be_visible()
    expect(page.locator("#connection .word")).to_have_text("Live")
    typed = page.inner_text("#curl-line").replace(f"-u {USERNAME}", f"-u '{USERNAME}:{PASSWORD}'")
    assert PASSWORD in typed
    ran = subprocess.run(
        ["bash", "-c", typed], capture_output=True, text=True, timeout=PAGE_SECONDS, check=False
    )
    assert '"uid":"freezer-1"' in ran.stdout, ran.stderr
    # The page has heard of it and needs no reload.
    expect(page.locator(".device")).to_contain_text("Freezer 1")
    expect(page.locator("#first-device")).to_be_hidden()


def test_the_cursor_reads_every_chart_also_one_out_of_sight(page: Page):
    series = [add_device("a-1")]
    device = series[0].device
    series += [
        Series.objects.create(device=device, metric=f"m{n}", unit="V", precision=2)
        for n in range(7)
    ]
    at = time.time_ns() // 1_000_000
    insert([(one.id, at - minute * 60_000, 40.0) for one in series for minute in range(16)])
    page.goto("/devices/a-1/?window=15m")
    eventually(lambda: page.evaluate("window.pulseboard.charts[0].points.length") > 10)
    page.hover(".plot canvas >> nth=0")
    expect(page.locator(".tooltip div .at")).to_have_text(["40.0\u2009°C"])
    # The other heads say theirs, of the same instant.
    expect(page.locator(".series-head .value")).to_have_text(
        ["40.0\u2009°C"] + ["40.00\u2009V"] * 7
    )
    minute = re.compile(r"\d\d:\d\d:\d\d")
    expect(page.locator(".series-head .age")).to_have_text([minute] * 8)
    page.hover(".plot canvas >> nth=1")
    expect(page.locator(".tooltip div .at")).to_have_text(["40.00\u2009V"])
    page.click(".chart-card >> nth=1 >> summary")
    page.click("text=Show table >> visible=true")
    expect(page.locator("tbody td >> nth=1")).to_have_text("40.00")


@pytest.mark.parametrize("address", ["/", "/devices/a-1/"])
def test_a_device_is_online_when_a_beat_says_it_was_heard(page: Page, address: str):
    device = add_device("a-1").device
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    Presence.objects.filter(device=device).update(
        connection="online", connection_since=an_hour_ago, last_seen_at=an_hour_ago
    )
    page.goto(address)
    mark = page.locator("[data-uid=a-1] .state .word" if address == "/" else "#presence-word .word")
    expect(mark).to_have_text("Silent")
    heard = contract.heard({device.id: time.time_ns() // 1_000_000})
    tell_until(
        lambda: announce(contract.shard_group(device.id), heard),
        lambda: mark.inner_text() == "Online",
    )
    expect(page.locator("main")).not_to_contain_text("NaN")
