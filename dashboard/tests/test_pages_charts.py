"""What the charts of a device page claim is what is stored, and no more."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import ChartLayout
from dashboard.tests.live_socket import insert
from devices.models import Device
from telemetry.models import Series
from telemetry.tests.written import write
from tests.browser import chromium, operator, page, patient
from tests.waiting import eventually
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

SECOND, MINUTE = 1000, 60_000


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def device() -> Device:
    return Device.objects.create(uid="press-1", name="Press 1", expected_interval=1)


def series(device: Device, metric: str, **facts: Any) -> Series:
    return Series.objects.create(device=device, metric=metric, **facts)


def every(step: int, start: int, stop: int, value: float = 1.0) -> list[tuple[int, float]]:
    return [(at, value) for at in range(start, stop, step)]


def shown(page: Page, metric: str) -> dict[str, Any]:
    """What is drawn of a metric; scrolled to first, for what is out of sight is not drawn."""
    page.locator(
        ".chart-card", has=page.locator(f"h2[title='{metric}']")
    ).scroll_into_view_if_needed()
    charts = page.evaluate("window.pulseboard.charts")
    return next(chart for chart in charts if chart["metric"] == metric)


def states(page: Page, metric: str, zero: int) -> list[tuple[int, int, str]]:
    """The drawn states, as whole seconds after `zero`."""
    return [
        (round((a - zero) / SECOND), round((b - zero) / SECOND), word)
        for a, b, word in shown(page, metric)["states"]
    ]


def open_range(page: Page, start: int, stop: int) -> None:
    page.goto(f"/devices/press-1/?window=1h&from={start}&to={stop}")
    eventually(lambda: not page.evaluate("window.pulseboard.loading"), what="it is loaded")


def test_limits_near_each_other_are_named_one_below_the_other(page: Page, device: Device):
    """As a canvas of a browser is told to write them."""
    device.metadata = {
        "thresholds": {
            "temperature": [
                {"value": value, "op": "above", "label": f"Limit {value}"}
                for value in (-15, -15.1, -15.2, -15.3)
            ]
        }
    }
    device.save()
    one, start = series(device, "temperature", unit="°C", precision=1), now() - 5 * MINUTE
    insert([(one.id, at, -20 + 10 * (at % 2)) for at in range(start, start + MINUTE, 5001)])
    page.add_init_script(
        "window.written = new Map();"
        "const write = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {"
        "  const box = this.measureText(text);"
        "  written.set(text, [y - box.actualBoundingBoxAscent,"
        "    y + box.actualBoundingBoxDescent, this.canvas.clientHeight]);"
        "  return write.apply(this, arguments); };"
    )
    open_range(page, start, start + MINUTE)

    def named() -> list[list[float]]:
        found = dict(page.evaluate("[...written]"))
        return [found[text] for text in sorted(found) if text.startswith("Limit")]

    labels = sorted(eventually(lambda: len(named()) == 4 and named(), what="four limits are named"))
    for (top, bottom, height), (below, _, _) in pairwise(labels):
        assert 0 <= top < bottom <= below < height, labels


def test_states_hold_until_the_next_value_or_until_the_device_is_away(page: Page, device: Device):
    start = now() - 1000 * SECOND
    temperature = series(device, "temperature")
    flag, door = series(device, "flag", kind="boolean"), series(device, "door", kind="boolean")
    running = series(device, "running", kind="text")
    heard = [*range(-3600, 300), *range(500, 900)]  # seconds; away from 300 to 500
    write(temperature.id, [(start + n * SECOND, 20.0) for n in heard if n >= -60])
    write(flag.id, [(start + n * SECOND, n // 7 % 2) for n in range(0, 70, 7)])
    write(door.id, [(start - 3600 * SECOND, 1.0)])
    write(running.id, [(start + n * SECOND, "running") for n in heard if n >= 0])
    open_range(page, start, start + 950 * SECOND)
    eventually(
        lambda: states(page, "door", start) == [(0, 309, "on")],
        what="what it was before the window is drawn until the device is away",
    )
    flags = [(n * 7, n * 7 + 7, "on" if n % 2 else "off") for n in range(9)]
    assert states(page, "flag", start) == [*flags, (63, 309, "on")]
    assert states(page, "running", start) == [(0, 309, "running"), (500, 909, "running")]


def test_a_state_of_many_readings_is_whole_and_a_pulse_in_a_bucket_is_drawn(
    page: Page, device: Device
):
    stop = now() // MINUTE * MINUTE
    start = stop - 60 * MINUTE
    state, valve = series(device, "state", kind="text"), series(device, "valve", kind="boolean")
    word = {0: "idle", 1: "running", 2: "stopped"}
    seconds = range(3600)
    write(state.id, [(start + n * SECOND, word[n // 1200]) for n in seconds])
    write(valve.id, [(start + n * SECOND, float(n == 1234)) for n in seconds])
    open_range(page, start, stop)
    eventually(
        lambda: (
            states(page, "state", start)
            == [(0, 1200, "idle"), (1200, 2400, "running"), (2400, 3600, "stopped")]
        ),
        what="an hour of states is whole",
    )
    pulse = states(page, "valve", start)
    assert [word for _, _, word in pulse] == ["off", "on and off", "off"]
    assert pulse[1][0] <= 1234 < pulse[1][1] <= pulse[1][0] + 10
    words = ["idle", "running", "stopped"]
    expect(page.locator(".legend li")).to_have_text(words)
    places = [palette_place(page, word) for word in words]
    assert len(set(places)) == 3
    # Another window that begins with another word, in the other theme.
    page.emulate_media(color_scheme="dark")
    open_range(page, start + 45 * MINUTE, stop)
    expect(page.locator(".legend li")).to_have_text(["stopped"])
    assert palette_place(page, "stopped") == places[2]


def palette_place(page: Page, word: str) -> int:
    """Which of the series colours a word of the legend has under the present theme."""
    item = page.locator(".legend li", has_text=word)
    return item.locator(".swatch").evaluate(
        """one => [...Array(8).keys()].findIndex((i) => {
            const probe = document.createElement("i");
            probe.style.color = `var(--series-${i + 1})`;
            document.body.append(probe);
            const same = getComputedStyle(probe).color === getComputedStyle(one).backgroundColor;
            probe.remove();
            return same;
        })"""
    )


def test_words_among_numbers_stay_words(page: Page, device: Device):
    start = now() - 3000 * SECOND
    level = series(device, "level")
    write(level.id, every(SECOND, start, start + 1000 * SECOND, 2.0))
    words = ["", "0x1F", "Infinity", "NaN"]
    write(level.id, [(start + (100 + n) * SECOND + 5, word) for n, word in enumerate(words)])
    open_range(page, start, start + 1000 * SECOND)
    eventually(lambda: len(shown(page, "level")["points"]) > 100, what="the numbers are drawn")
    assert {value for _, value in shown(page, "level")["points"]} == {2.0}
    page.locator(".chart-card summary").first.click()
    page.get_by_text("Show table").click()
    for word in words[1:]:
        expect(page.locator(".table-view")).to_contain_text(word)


def test_metrics_named_like_what_every_object_has_are_drawn(page: Page, device: Device):
    at = now() - 10 * SECOND
    for metric in ("toString", "constructor", "__proto__"):
        insert([(series(device, metric).id, at, 1.5)])
    page.goto("/devices/press-1/?window=5m")
    for metric in ("toString", "constructor", "__proto__"):
        eventually(lambda metric=metric: shown(page, metric)["points"] == [[at, 1.5]], what=metric)


def test_a_selection_leaves_no_tooltip_and_escape_lets_it_go(page: Page, device: Device):
    start = now() - 100 * SECOND
    level = series(device, "level")
    insert([(level.id, at, 1.0) for at, _ in every(SECOND, start, start + 90 * SECOND)])
    page.goto("/devices/press-1/?window=5m")
    eventually(lambda: len(shown(page, "level")["points"]) == 90, what="it is drawn")
    box = page.locator(".plot").bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.75, box["y"] + 60
    address = page.url

    def drag() -> None:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y, steps=4)

    drag()
    page.keyboard.press("Escape")
    page.mouse.move(x + 80, y)
    page.mouse.up()
    assert page.url == address
    drag()
    expect(page.locator(".tooltip")).to_be_hidden()
    page.mouse.up()
    page.wait_for_url("**from=**")
    expect(page.locator(".tooltip")).to_be_hidden()
    expect(page.locator(".chart-card .age").first).not_to_have_text("no reading")


def test_numbers_of_any_size_are_whole_on_the_axis_and_in_the_head(page: Page, device: Device):
    at = now() - 20 * SECOND
    values = {"big": 123_456_800.0, "huge": 1e15, "tiny": 1e-9, "id": 1_234_567_890.0}
    for metric, value in values.items():
        one = series(device, metric)
        insert([(one.id, at + n * SECOND, value * (1 + n * 1e-6)) for n in range(10)])
        insert([(one.id, at + 15 * SECOND, value)])
    page.goto("/devices/press-1/?window=5m")
    for metric, text in {
        "big": "123\u202f456\u202f800",
        "huge": "1×10¹⁵",
        "tiny": "1×10⁻⁹",
        "id": "1\u202f234\u202f567\u202f890",
    }.items():
        card = page.locator(".chart-card", has=page.locator(f"h2[title='{metric}']"))
        expect(card.locator(".value > span").first).to_have_text(text)
        fits = card.locator(".value").evaluate("one => one.scrollWidth <= one.clientWidth")
        assert fits, metric


def test_a_device_without_series_does_not_load_for_ever(page: Page, device: Device):
    page.goto("/devices/press-1/?window=24h")
    expect(page.locator("#connection .word")).to_have_text("Live")
    expect(page.locator("#no-series")).to_be_visible()
    expect(page.locator("#progress")).to_be_hidden()
    # Called as what one pressed is.
    expect(page.get_by_role("button", name="24 h", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("input.time-field")).to_have_value("Last 24 h")


def test_a_download_is_named_by_its_range_and_has_what_is_drawn(page: Page, device: Device):
    start = now() // MINUTE * MINUTE - 10 * MINUTE
    level = series(device, "level", unit="m")
    write(level.id, every(SECOND, start, start + 60 * SECOND))
    open_range(page, start, start + MINUTE)
    eventually(lambda: len(shown(page, "level")["points"]) == 60, what="it is drawn")
    page.locator(".chart-card summary").first.click()
    with page.expect_download() as download:
        page.get_by_text("Download CSV").click()
    first, last = (
        time.strftime("%Y%m%dT%H%M%S", time.gmtime(ms / 1000)) for ms in (start, start + MINUTE)
    )
    assert download.value.suggested_filename == f"press-1-level-{first}-{last}.csv"
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert rows[0] == ["time", "level (m)"]
    assert len(rows) == 61
    page.locator(".chart-card summary").first.click()
    with page.expect_download() as download:
        page.get_by_text("Download PNG").click()
    assert download.value.suggested_filename.endswith(f"-{last}.png")


@pytest.fixture
def elsewhere(page: Page, web: WebProcess) -> Iterator[Callable[..., Page]]:
    """The same viewer on another screen or in another zone."""
    contexts = []

    def open_one(**options: Any) -> Page:
        browser = page.context.browser
        assert browser
        state = page.context.storage_state()
        contexts.append(patient(browser, base_url=web.url, storage_state=state, **options))
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


def test_a_tap_marks_a_time_and_the_heads_say_its_values(
    device: Device, elsewhere: Callable[..., Page]
):
    start = now() - 200 * SECOND
    level, flag = series(device, "level"), series(device, "flag", kind="boolean")
    insert([(level.id, start + n * SECOND, 7.5 if n < 100 else 9.5) for n in range(195)])
    insert([(flag.id, start + n * SECOND, float(n < 100)) for n in range(0, 195, 5)])
    phone = elsewhere(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto("/devices/press-1/?window=5m")
    level_value, flag_value = (phone.locator(".chart-card .reading .value").nth(n) for n in (0, 1))
    expect(level_value).to_have_text("9.5")
    eventually(lambda: len(shown(phone, "level")["points"]) == 195, what="it is drawn")
    box = phone.locator(".plot").first.bounding_box()
    assert box
    phone.touchscreen.tap(box["x"] + box["width"] * 0.5, box["y"] + 60)
    expect(level_value).to_have_text("7.5")
    expect(flag_value).to_have_text("on")
    expect(phone.locator(".tooltip")).to_be_hidden()
    phone.locator("#name").tap()
    expect(level_value).to_have_text("9.5")


def test_the_day_clocks_go_forward_has_an_axis(device: Device, elsewhere: Callable[..., Page]):
    series(device, "level"), series(device, "state", kind="text")
    change = 1_774_746_000_000  # 2026-03-29 01:00 UTC: in Berlin 02:00 is 03:00
    berlin = elsewhere(viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin")
    for minutes in (5, 15, 60, 360):
        begin = change - minutes * MINUTE // 2
        berlin.goto(f"/devices/press-1/?from={begin}&to={begin + minutes * MINUTE}")
        expect(berlin.locator("#progress")).to_be_hidden()
        expect(berlin.locator(".time-field")).to_have_value(re.compile("2026-03-29 0"))
        expect(berlin.locator(".no-data").first).to_be_visible()


def test_on_paper_charts_fit_are_light_and_say_their_range(page: Page, device: Device):
    at = now() - 30 * SECOND
    for metric in ("a", "b", "c"):
        one = series(device, metric)
        insert([(one.id, at + n * SECOND, float(n)) for n in range(20)])
    page.goto("/devices/press-1/?window=5m")
    eventually(lambda: len(shown(page, "a")["points"]) == 20, what="it is drawn")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 between its margins
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    expect(page.locator("#paper-range")).to_have_text(
        re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ – \d{4}-.* UTC")
    )
    over = page.locator(".plot canvas").evaluate_all(
        """all => all.filter((one) => one.getBoundingClientRect().right
            > one.closest(".card").getBoundingClientRect().right).length"""
    )
    assert over == 0
    expect(page.locator(".skip")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def head_of(page: Page, metric: str) -> Any:
    return page.locator(f".series-head[data-metric='{metric}']")


def act(page: Page, metric: str, words: str) -> None:
    head_of(page, metric).locator("summary").click()
    page.get_by_role("button", name=words, exact=True).click()


def layout_of(page: Page) -> list[str]:
    """The metrics of each chart, in the order shown, and behind a slash its lanes."""
    return page.locator(".chart-card").evaluate_all(
        """cards => cards.map((card) => ["heads", "lane"].map((part) =>
            [...card.querySelectorAll(`.${part} .series-head`)]
            .map((head) => head.dataset.metric).join("+")).filter(Boolean).join("/"))"""
    )


@pytest.fixture
def start(device: Device) -> int:
    """When a minute of readings of three metrics and a state begins, ms."""
    start = now() // MINUTE * MINUTE - 10 * MINUTE
    for metric, unit in (("warm", "°C"), ("power", "W"), ("cold", "°C")):
        rows = [(start + n * SECOND, n if metric == "warm" else 2.0) for n in range(60)]
        write(series(device, metric, unit=unit, precision=1).id, rows)
    door = series(device, "door", kind="boolean")
    write(door.id, [(start + n * SECOND, float(n > 30)) for n in range(60)])
    return start


def test_a_viewer_lays_the_charts_out_and_a_link_shows_them_so(
    page: Page, start: int, elsewhere: Callable[..., Page]
):
    open_range(page, start, start + MINUTE)
    assert layout_of(page) == ["warm/door", "cold", "power"]
    act(page, "power", "Draw over another chart…")
    page.get_by_role("button", name="Warm", exact=True).click()
    assert layout_of(page) == ["warm+power/door", "cold"]
    act(page, "cold", "Value axis…")
    page.get_by_label("From", exact=True).fill("1")
    page.get_by_label("To", exact=True).fill("0.5")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".axis-form .wrong")).to_contain_text("from the lower value")
    page.get_by_label("To", exact=True).fill("9")
    page.get_by_role("button", name="Set", exact=True).click()
    act(page, "cold", "Move up")
    assert layout_of(page) == ["cold", "warm+power/door"]
    # Another viewer, to whom the link is sent.
    other = elsewhere(viewport={"width": 1440, "height": 900})
    other.goto(page.url)
    expect(head_of(other, "warm").locator(".value")).to_be_visible()
    assert layout_of(other) == ["cold", "warm+power/door"]
    # Without the link, in a browser that remembers nothing: as the server keeps it.
    [linked] = parse_qs(urlsplit(page.url).query)["charts"]
    eventually(ChartLayout.objects.filter(layout=linked).exists, what="the layout is kept")
    fresh = elsewhere(viewport={"width": 1440, "height": 900})
    open_range(fresh, start, start + MINUTE)
    expect(head_of(fresh, "warm").locator(".value")).to_be_visible()
    assert layout_of(fresh) == ["cold", "warm+power/door"]
    open_range(page, start, start + MINUTE)
    expect(head_of(page, "warm").locator(".value")).to_be_visible()
    assert layout_of(page) == ["cold", "warm+power/door"]
    act(page, "cold", "Hide")
    expect(page.locator("#chart-hidden-count")).to_have_text("1 hidden")
    page.get_by_role("button", name="Usual layout").click()
    assert layout_of(page) == ["warm/door", "cold", "power"]
    expect(page).not_to_have_url(re.compile("charts="))


def test_figures_are_those_of_the_store_or_of_the_part_that_is_kept(page: Page, start: int):
    open_range(page, start, start + MINUTE)
    figures = head_of(page, "warm").locator(".stats dd")
    # 0 to 59, 29.5 on average.
    expect(figures).to_have_text(["0.0", "29.5", "59.0", "+59.0"])
    box = page.locator(".plot").first.bounding_box()
    assert box
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 40, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("#chart-selection")).to_be_visible()
    expect(figures.first).not_to_have_text("0.0")
    page.keyboard.press("f")
    expect(page.locator("#charts-column.is-full")).to_be_visible()
    expect(head_of(page, "power")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(head_of(page, "power")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#chart-selection")).to_be_hidden()
    expect(figures).to_have_text(["0.0", "29.5", "59.0", "+59.0"])
    # A click picks an instant, which can be marked and leaves the figures as they are.
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 40)
    picked = page.locator("#chart-selection")
    expect(picked.locator("button")).to_have_text(["Write a note", "Let go"])
    expect(figures).to_have_text(["0.0", "29.5", "59.0", "+59.0"])
    clock = picked.locator("span").first.inner_text().split()[-1]
    picked.locator("button").first.click()
    noted_at = page.locator(".note-times input").first
    expect(noted_at).to_have_value(re.compile(clock.removesuffix(":00")))
