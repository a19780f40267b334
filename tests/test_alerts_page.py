"""Alerts in a real browser: the page, its keys, the count on every page, another person's acts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from access.scope import EVERYTHING
from alerts import actions
from alerts.engine.processes import SHARES
from alerts.events import announce_alerts
from alerts.models import Alert, EngineShare, Silence
from alerts.tests.made import make_alert
from dashboard.tests.live_socket import insert
from devices import clock
from devices.models import Site
from telemetry.moments import to_ms
from tests.browser import chromium, elsewhere, operator, page, refused, timers_last
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
NOTICE = 5_000  # ms a notice stays


def fire(uid: str, **facts: Any) -> Alert:
    """As an engine does: the row, and word of it after the commit."""

    def found() -> Alert:
        alert = make_alert(uid, **{"started_at": clock.now(), "fired_at": clock.now(), **facts})
        announce_alerts([alert.pk])
        return alert

    return elsewhere(found)


def sentences(page: Page) -> list[str]:
    return page.locator(".alert-row .about").all_inner_texts()


def live(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")


def test_alerts_are_worked_off_with_the_keyboard(page: Page, operator: User):
    now = clock.now()
    warm = make_alert("freezer-1", severity="critical", started_at=now - 7 * MINUTE)
    insert([(warm.series_id, to_ms(now) - each * 1000, -9.0) for each in range(60)])
    make_alert("freezer-2", started_at=now - 9 * MINUTE)
    make_alert("freezer-3", started_at=now - 3 * MINUTE, silenced=True)
    timers_last(page, NOTICE)
    live(page, "/alerts/")
    expect(page.locator(".alert-row")).to_have_count(3)
    assert [text.split(" · ")[0] for text in sentences(page)] == [
        "Freezer 1", "Freezer 2", "Freezer 3",
    ]  # fmt: skip
    first = page.locator(".alert-row").first
    expect(first).to_contain_text("Critical")
    expect(first.locator(".now")).to_contain_text("−9.0")  # live, where it fired at −12.5
    expect(page.locator("#alerts-count")).to_contain_text("2")
    expect(page).to_have_title("▲ 2 · Alerts · Pulseboard")
    # A new one shows by itself, in its place.
    fire("freezer-4", severity="critical")
    expect(page.locator(".alert-row").nth(1)).to_contain_text("Freezer 4")
    expect(page).to_have_title("▲ 3 · Alerts · Pulseboard")
    # Open one, say something, acknowledge it; the row goes and the next is chosen.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text("Temperature of Freezer 1")
    expect(drawer.locator(".chart-card canvas")).to_be_visible()
    page.keyboard.press("c")
    drawer.locator("textarea").fill("Door stood open.")
    drawer.get_by_role("button", name="Comment", exact=True).click()
    expect(drawer.locator(".events")).to_contain_text("olga Door stood open.")
    drawer.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(drawer).to_contain_text("acknowledged it")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator(".alert-row")).to_have_count(3)
    # Many at once; of one that another has taken meanwhile the page says so.
    other = elsewhere(lambda: User.objects.create_user("ben"))
    silent = Alert.objects.get(uid="freezer-2")
    # Without word of it: the page does not know yet.
    Alert.objects.filter(pk=silent.pk).update(acknowledged_at=clock.now(), acknowledged_by=other)
    for box in page.locator(".alert-row input").all():
        box.check()
    expect(page.locator("#selection-count")).to_have_text("3 selected")
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("2 alerts acknowledged.")
    expect(page.locator("#toasts")).to_contain_text("ben acknowledged it at")
    expect(page.locator("#empty")).to_contain_text("4 are acknowledged or snoozed.")
    expect(page).to_have_title("Alerts · Pulseboard")
    # Taken care of; assigned to oneself from the keyboard.
    page.locator("[data-tab=acknowledged]").click()
    expect(page.locator(".alert-row")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.locator("#ask").get_by_role("button", name="Assign").click()
    eventually(lambda: Alert.objects.get(pk=warm.pk).assignee == operator)
    assert Alert.objects.get(pk=warm.pk).events.count() == 3


def test_every_page_counts_what_is_open_and_another_person_acts(page: Page):
    live(page, "/")
    expect(page.locator("#alerts-count")).to_be_hidden()
    # The word of it brings it, at once: the page's own look, each minute, would find nothing.
    refused.add("/api/v1/alerts/")  # the page looks by itself, at its own pace
    page.route("**/api/v1/alerts/?*", lambda route: route.abort())
    alert = fire("freezer-1", severity="critical")
    expect(page.locator("#alerts-count")).to_contain_text("1")
    expect(page).to_have_title(re.compile("^▲ 1 · "))
    assert page.evaluate("document.querySelector('link[rel=icon]').href").startswith("data:image")
    elsewhere(lambda: actions.acknowledge(alert.pk, EVERYTHING, None))
    expect(page.locator("#alerts-count")).to_be_hidden()


def test_what_is_past_and_why_a_list_is_empty(page: Page):
    now = clock.now()
    live(page, "/alerts/")
    expect(page.locator("#empty")).to_contain_text("No rules yet")
    made = make_alert(cleared_at=now, acknowledged_at=now - MINUTE)
    make_alert("freezer-2", cleared_at=now)
    page.reload()
    expect(page.locator("#empty")).to_contain_text("All quiet since")
    page.locator("[data-tab=past]").click()
    expect(page.locator(".alert-row")).to_have_count(2)
    expect(page.locator("#statistics-numbers")).to_contain_text("50")
    expect(page.locator("#statistics-rules")).to_contain_text("Too warm")
    page.fill("#search", "freezer-1")
    expect(page.locator(".alert-row")).to_have_count(1)
    page.reload()  # the address says it all
    expect(page.locator(".alert-row")).to_have_count(1)
    page.locator(".open-alert").click()
    page.wait_for_url(f"**alert={made.pk}*")
    expect(page.locator("#drawer")).to_contain_text("Cleared")
    for number in range(SHARES):
        EngineShare.objects.create(number=number, judged_at=now - 30 * MINUTE)
    page.goto("/alerts/")
    expect(page.locator("#not-judged")).to_contain_text("Rules are not being judged since")
    expect(page.locator("#empty")).not_to_contain_text("quiet")


def test_the_fleet_and_the_device_show_what_is_wrong_and_since_when(page: Page):
    now = clock.now()
    names = [f"freezer-{number}" for number in range(7)]
    made = [
        make_alert(uid, severity="info", started_at=now - (20 + number) * MINUTE)
        for number, uid in enumerate(names)
    ]
    warm = made[3]
    insert([(warm.series_id, to_ms(now) - each * 10_000, -9.0) for each in range(300)])
    earlier = make_alert("freezer-3", started_at=now - 90 * MINUTE, cleared_at=now - 80 * MINUTE)
    live(page, "/")
    expect(page.locator(".device[data-state=alert]")).to_have_count(7)
    expect(page.locator(".problem")).to_have_count(5)
    expect(page.locator("#problems-more")).to_have_text("2 more")
    expect(page.locator(".chip[data-state=info] b")).to_have_text("7")
    tiles = page.locator(".device .name").all_inner_texts()
    again = fire("freezer-3", severity="critical", sentence="Freezer 3 is far too warm.")
    first = page.locator(".problem").first
    expect(first).to_contain_text("Freezer 3 is far too warm.")
    assert page.locator(".device .name").all_inner_texts() == tiles  # no tile has moved
    tile = page.locator(".device", has_text="Freezer 3 is far too warm.")
    expect(tile.locator(".state")).to_contain_text("Alert")
    elsewhere(lambda: actions.acknowledge(again.pk, EVERYTHING, None))
    expect(page.locator(".problem", has_text="far too warm")).to_have_count(0)
    page.locator(".problem", has_text="Freezer 3").click()
    page.wait_for_url("**/devices/freezer-3/?window=1h&from=*")
    expect(page.locator("#presence-alerts")).to_contain_text("Temperature of Freezer 3")
    expect(page.locator("#presence-mark")).to_contain_text("Alert")
    marked = page.evaluate("window.pulseboard.charts[0].alerts")
    assert {each[0] for each in marked} == {warm.pk, again.pk, earlier.pk}
    shown = "Number(new URLSearchParams(location.search).get('from'))"
    before = page.evaluate(shown)
    page.keyboard.press("Shift+N")
    eventually(lambda: page.evaluate(shown) < before - 3_000_000)
    page.keyboard.press("n")
    eventually(lambda: abs(page.evaluate(shown) - before) < 60_000)
    # Explore: below its charts and on them; the next one by itself.
    live(page, "/explore/?window=1h&s=freezer-3.temperature")
    panel = page.locator("#alerts-card li")
    expect(panel).to_have_count(2)
    expect(panel.last).to_contain_text("above −15 °C")
    fire("freezer-2")
    newest = fire("freezer-3", sentence="Freezer 3 is warm again.")
    expect(panel).to_have_count(3)
    expect(panel.first).to_contain_text("Freezer 3 is warm again.")
    drawn = "window.pulseboard.charts[0]?.alerts.map(([id]) => id) ?? []"
    eventually(lambda: set(page.evaluate(drawn)) == {warm.pk, again.pk, newest.pk})


def test_a_silence_is_made_and_ended(page: Page):
    Site.objects.create(slug="harbour", name="Harbour")
    live(page, "/alerts/?tab=silences")
    form = page.locator("#silence-form")
    form.locator("[name=site]").select_option("harbour")
    form.locator("[name=reason]").fill("Defrosting")
    form.get_by_text("Weekly").click()
    form.get_by_label("Sun").check()
    form.get_by_role("button", name="Silence").click()
    expect(form).to_contain_text("Weekly needs at least one day")
    form.locator("[name=from]").fill("22:00")
    form.locator("[name=to]").fill("06:00")
    form.get_by_role("button", name="Silence").click()
    expect(page.locator("#silences")).to_contain_text("site Harbour")
    assert Silence.objects.get().recurrence["days"] == [7]
    page.get_by_role("button", name="End now").click()
    expect(page.locator("#silences")).to_contain_text("Over")
