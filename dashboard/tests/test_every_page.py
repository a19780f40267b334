"""What holds for every page, wide and on a phone, light and dark: it is steady while it loads, asks
no other server for anything, fits its window, and axe finds nothing that is hard to read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.views.generic.base import TemplateResponseMixin
from playwright.sync_api import Page, expect

from dashboard.tests.left_in_english import left_in_english
from dashboard.tests.live_socket import insert
from derived.models import Backfill, DerivedSeries
from devices.models import Device, Presence, Site
from shiftlog.record import record
from shiftlog.writing import Draft, write
from telemetry.models import QuarantinedMessage, Series
from telemetry.moments import from_ms
from telemetry.tests.written import mark_dirty
from tests.browser import chromium, forget, operator, page, refused
from tests.waiting import eventually
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
MOST = 0.05  # of the window times the way, as browsers count layout shift
COUNT = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((one) => window.shifts.push(
  [one.value, one.sources.map(({node}) => node?.id || String(node?.className)).join()])))
  .observe({type: "layout-shift", buffered: true});
"""
LONG = 123_456_789.5
# No rule that runs needs the style sheets fetched once more.
RUN = """async (dark) => (await axe.run(document, {resultTypes: ['violations'], preload: false,
  ...(dark ? {runOnly: ['color-contrast']} : {})})).violations"""
PHONE, LAPTOP, WIDEST = 390, 1440, 1920
SHARES = 4  # of the pages, for as many workers
# What stands on the page before and after it says that something is not known.
STANDS = """() => {
  const tops = () => [...document.querySelectorAll("main > :not(#unknown)")].map((one) => one.getBoundingClientRect().top);
  const strip = document.getElementById("unknown");
  const [before] = [tops(), strip.lastElementChild.textContent = "What devices do is not known. ".repeat(9), strip.hidden = false];
  return [before, tops(), strip.getBoundingClientRect().height];
}"""  # noqa: E501


class Shown(NamedTuple):
    """A page by its address, and what is there when it has loaded."""

    path: str
    sign: str
    live: bool = True


PAGES = {
    "fleet": Shown("/", ".device[data-state=silent] .value .unit"),
    "device": Shown("/devices/pump-0/", ".chart-card .value .unit"),
    "explore": Shown(
        "/explore/?s=pump-0.temperature&s=pump-1.temperature&s=pump-0.door&s=no.thing&shift=day"
        "&look=scatter",
        "#figures td:text('60')",
    ),
    "sites": Shown("/sites/", "#sites .state"),
    "site": Shown("/sites/plant/", "#devices .value .unit"),
    "alerts": Shown("/alerts/", ".alert-row .limit:text('15.0')"),
    "log": Shown("/log/", "#log .entry .replies"),
    "audit": Shown("/audit/", "#entries li"),
    "people": Shown("/people/", "#people li"),
    "inbox": Shown("/inbox/", "#waiting li"),
    "pipeline": Shown("/pipeline/", "#reasons .chip"),
    "quarantine": Shown("/quarantine/", "#groups li"),
    "topics": Shown("/topics/", "#topics-empty"),
    "account": Shown("/account/", "#sessions li"),
    "notifications": Shown("/notifications/?tab=policies", "#policies li"),
    "rules": Shown("/rules/?rule=1", "#samples li"),
    "alert-rules": Shown("/alerts/rules/?rule=4711", "#fired li"),
    "derived": Shown("/derived/?series=1", "#plot .spark"),
    "api-docs": Shown("/api/v1/docs/", ".operations summary"),
    "login": Shown("/login/?next=/pipeline/", "h1:text('Pulseboard')", live=False),
    "not found": Shown("/nothing/", "h1", live=False),
}

WORDED = re.compile(r":text\(.*?\)")  # of a sign, which is another in another language
# What somebody, a device or an engine wrote, in English as it was.
WRITTEN = {
    *(f"Temperature of Pump {number} is 21 °C, above 15 °C." for number in (3, 4, 6)),
    *("Pump 0 is offline.", "as the engine says it", "as a bridge says it"),
    "administrator of every site",  # as the audit log keeps it
    "Register devices, read what they measured, and see how it got in.",
}


@pytest.fixture
def things() -> None:
    """Devices that are heard, silent and disabled, with a word nobody can break; what is
    quarantined."""
    now = time.time_ns() // 1_000_000
    plant = Site.objects.create(
        slug="plant", name="Plant", zone="Asia/Kathmandu", contact="Ana", notes="w" * 300
    )
    for number in range(12):
        device = Device.objects.create(
            uid=f"pump-{number}", name=f"Pump {number}", enabled=number != 5, notes="w" * 300,
            site=plant if number < 6 else None, latitude=53 + number // 2 / 1000, longitude=10,
        )  # fmt: skip
        last = now - number * 60_000
        Presence.objects.create(device=device, last_seen_at=from_ms(last))
        for metric, kind in (("temperature", "gauge"), ("humidity", "gauge"), ("door", "boolean")):
            series = Series.objects.create(
                device=device, metric=metric, kind=kind, unit="°C", precision=1
            )
            # Some in nine digits, in a fleet and on a page where others are not.
            is_long = number % 2 == 0 and metric == ("temperature" if number else "humidity")
            value = LONG if is_long else 1
            insert([(series.id, last - each * 1000, value) for each in range(60)])
    rule = apps.get_model("alerts", "AlertRule").objects.create(
        name="Too warm", enabled=True, condition={}
    )
    for number, severity in ((3, "critical"), (4, "warning"), (6, "info")):
        pump = Device.objects.get(uid=f"pump-{number}")
        apps.get_model("alerts", "Alert").objects.create(
            rule=rule, rule_name="Too warm", severity=severity, device=pump, uid=pump.uid,
            site=pump.site, device_name=pump.name, unit="°C",
            series=pump.series.get(metric="temperature"), metric="temperature",
            sentence=f"Temperature of {pump.name} is 21 °C, above 15 °C.",
            started_at=from_ms(now - 300_000), fired_at=from_ms(now - 290_000), value=21.0,
            limit=15.0, silenced=number == 4,
        )  # fmt: skip
    with connection.cursor() as cursor:
        for minute in range(now // 60_000 - 13, now // 60_000 + 1):
            mark_dirty(cursor, from_ms(minute * 60_000))
    pump = Device.objects.get(uid="pump-0")
    spread = DerivedSeries.objects.create(
        id=1, formula="t - min(h, 10min)", at="t",
        series=Series.objects.create(device=pump, metric="spread", unit="K"),
        problem="as the engine says it",
    )  # fmt: skip
    for name, metric in (("t", "temperature"), ("h", "humidity")):
        spread.inputs.create(
            name=name, series=pump.series.get(metric=metric), was=f"pump-0 {metric}", hold=180
        )
    Backfill.objects.create(
        derived=spread, start_us=0, stop_us=1_000, left_us=700, rows=300, estimate=1_000,
        asked_at=timezone.now(),
    )  # fmt: skip
    for number in range(3):
        apps.get_model("bridge", "Candidate").objects.create(
            uid=f"plug-{number}",
            convention="tasmota",
            topic=f"tele/plug-{number}/SENSOR",
            first_at=timezone.now(),
            last_at=timezone.now(),
            messages=number,
            metrics={"ENERGY.Power": {"value": 12.5, "unit": "W"}},
            described={"name": f"Plug {number}", "model": "Nous A1T"},
            sample='{"ENERGY":{"Power":12.5}}',
        )
    apps.get_model("bridge", "DecodeRule").objects.create(
        id=1,
        name="New ones",
        position=0,
        definition={"topic": "plant/{device}", "values": [{"path": "temperature"}]},
        samples=[{"topic": "plant/a", "payload": '{"temperature": 20.5}', "expected": None}],
    )
    apps.get_model("notifications", "Policy").objects.create(name="Cold chain " + "w" * 80)
    apps.get_model("alerts", "AlertRule").objects.create(
        id=4711,
        name="Never warm",
        metric="temperature",
        condition={"type": "threshold", "op": "above", "limit": 0.5, "clear": 0.25},
    )
    mia = get_user_model().objects.create_user("mia")
    said = "**Hot**, @olga. `" + "w" * 80 + "` #filter\n\n> ask\n- fan\n\n```\nfan 0\n```"
    first, _ = write(Draft(text=said, device=pump, client_id=uuid4(), view="/alerts/"), mia)
    write(Draft(text="Done.", thread=first, client_id=uuid4()), mia)
    record("offline", "Pump 0 is offline.", device=pump, at=from_ms(now - 60_000))
    for number in range(8):
        QuarantinedMessage.objects.create(
            received_at=timezone.now(),
            topic=f"devices/new-{number % 3}/telemetry",
            uid=f"new-{number % 3}",
            reason="unknown_device" if number % 2 else "malformed_json",
            detail="as a bridge says it",
            payload=b'{"temperature": 20.5}',
            payload_size=21,
            worker="bridge-0",
        )


def complaints(page: Page, theme: str = "light") -> list[str]:
    """What axe finds; in the dark of the colours alone, for nothing else is other than in the
    light."""
    assert AXE.is_file(), "run make lint first: it installs what package-lock.json names"
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN, theme == "dark")
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:240]}"
        for each in found
        for node in each["nodes"]
    ]


def fits(page: Page, width: int) -> bool:
    """Whether it is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth") == width)


def is_steady(page: Page, width: int) -> None:
    """Nothing moved while it was loaded, and it fits."""
    page.wait_for_load_state("networkidle")
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) <= MOST, shifts
    assert fits(page, width)


def look_into(page: Page, name: str) -> None:
    """Opens what is closed at first."""
    if name == "api-docs":
        for operation in ("devices_list", "devices_create"):
            page.click(f"#{operation} summary")
        page.locator("#devices_list button.main", has_text="GET").click()
        expect(page.locator("#devices_list .status")).to_contain_text("200")
    if name == "quarantine":
        page.click("#groups summary >> nth=0")
        page.locator("#groups .quarantined summary").first.click()
    if name == "log":
        page.locator("#log [data-act=more]").last.click()
        page.locator("#log .replies").click()
        expect(page.locator(".thread-drawer .entry")).to_have_count(2)
    if name == "alerts":
        page.locator(".alert-row .open-alert").first.click()
        expect(page.locator("#drawer .chart-card")).to_be_visible()


@contextmanager
def told_of(name: str, width: int) -> Iterator[None]:
    """A failure says on which page it was, and how wide."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"on the page {name}, {width} wide")
        raise


def open_page(page: Page, name: str, width: int) -> None:
    """Load it, in light, in a window of that width, and wait until all is there: steadily."""
    path, sign, live = PAGES[name]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size({"width": width, "height": 1080 if width == WIDEST else 900})
    page.goto(path)
    page.locator(WORDED.sub("", sign) if width == PHONE else sign).first.wait_for()
    if live:
        expect(page.locator("#connection")).to_have_attribute("data-state", "online")
    is_steady(page, width)


def is_readable(page: Page, name: str, width: int) -> None:
    """It fits, nothing moves when something is not known, and axe finds nothing, nor does who looks
    for English."""
    eventually(lambda: fits(page, width))
    live = PAGES[name].live
    if live:
        before, after, height = page.evaluate(STANDS)
        assert before == after
        assert height > 0
    look_into(page, name)
    if name != "alerts" and live:
        page.click("#appearance summary")
    speaks_german = width == PHONE
    assert page.evaluate("document.documentElement.lang") == ("de" if speaks_german else "en")
    if speaks_german:
        assert left_in_english(page, "de", WRITTEN) == []
    for theme in ("light", "dark"):
        # Without the moment in which a colour changes into another.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert complaints(page, theme) == [], theme


# A share of the pages a test: what stands in the database and what the browser has fetched serve
# all of them.
@pytest.mark.parametrize("share", range(SHARES))
def test_pages_are_steady_and_readable_and_keep_to_their_server_and_their_window(
    page: Page, web: WebProcess, things: None, share: int
):
    """On the phone in German: its words are longer."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(COUNT)
    refused.add("/nothing/")  # no route, with which a browser fetches every module anew
    logged_in = page.context.cookies()
    # The first is loaded as a browser loads it that was never here.
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    for name in list(PAGES)[share::SHARES]:
        if name == "login":
            forget(page)
        for loaded, width in ((WIDEST, LAPTOP), (PHONE, PHONE)):
            page.set_extra_http_headers({"Accept-Language": "de" if width == PHONE else "en"})
            with told_of(name, loaded):
                open_page(page, name, loaded)
            page.set_viewport_size({"width": width, "height": 900})
            with told_of(name, width):
                is_readable(page, name, width)
        page.context.add_cookies(logged_in)
    ours = urlsplit(web.url).netloc
    assert [url for url in asked if urlsplit(url).netloc not in ("", ours)] == []


def routes(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in patterns:
        if isinstance(each, URLPattern):
            yield each
        elif each.namespace != "admin":
            yield from routes(each.url_patterns)


def test_every_page_is_among_these():
    pages = {
        each.name
        for each in routes(get_resolver().url_patterns)
        if issubclass(getattr(each.callback, "view_class", object), TemplateResponseMixin)
    }
    assert len(pages) > 4
    # What only sends on, and what a password or a link opens: test_second_factor.py looks at it,
    # in German too.
    lone = {"logout", "second", "forgotten", "reset", "invitation"}
    assert pages - lone <= PAGES.keys()


def test_a_tile_is_called_what_it_shows(page: Page, things: None):
    page.goto("/")
    tiles = page.locator("#devices")
    tile = tiles.get_by_role("link", name="Silent").filter(has_text="Pump 11")
    expect(tile).to_contain_text("1.0")


def test_the_reference_sends_what_is_filled_in_with_ones_session(page: Page):
    page.goto("/api/v1/docs/#devices_create")
    create = page.locator("#devices_create")
    create.locator("textarea").fill('{"uid": "freezer-1", "name": "Freezer 1"}')
    create.get_by_role("button", name="Send POST").click()
    expect(create.locator(".status")).to_contain_text("201")
    assert Device.objects.get().uid == "freezer-1"
    page.fill("#search", "delete a device")
    expect(page.locator("#devices_list")).to_be_hidden()
    page.click("#devices_destroy summary")
    delete = page.locator("#devices_destroy")
    delete.locator("input").fill("freezer-1")
    delete.get_by_role("button", name="Send DELETE").click()
    expect(delete.locator(".status")).to_contain_text("204")
    assert not Device.objects.exists()
