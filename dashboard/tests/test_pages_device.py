"""An open device page follows what an operator changes elsewhere."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from devices.events import EVENTS_GROUP, device_event
from devices.models import Device, Site
from telemetry.live import message_log
from telemetry.models import QuarantinedMessage, Series
from telemetry.moments import from_ms
from tests.browser import announce, chromium, elsewhere, operator, page, refused, tell_until
from tests.granted import may
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_page(page: Page) -> Page:
    device = Device.objects.create(uid="freezer-1", name="Freezer 1")
    Series.objects.create(device=device, metric="temperature", unit="°C", precision=1)
    page.goto("/devices/freezer-1/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    return page


def ask(page: Page, method: str, path: str, body: dict | None = None) -> None:
    """A change by the operator's session through REST."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    headers = {"X-CSRFToken": str(token), "Referer": page.url}
    answer = page.request.fetch(f"/api/v1/{path}", method=method, data=body, headers=headers)
    assert answer.ok, answer.text()


def charts(page: Page) -> list[dict]:
    return page.evaluate("window.pulseboard.charts")


def test_name_facts_and_thresholds_are_those_of_now(open_page: Page):
    Site.objects.get_or_create(slug="cold-store", defaults={"name": "Cold store"})
    lines = [{"value": -15, "op": "above", "label": "Too <warm>"}]
    changed = {
        "name": "Freezer <b>one</b>",
        "site": "cold-store",
        "notes": "By the <i>door</i>.",
        "expected_interval": 90,
        "metadata": {"thresholds": {"temperature": lines}, "serial": "F-17"},
    }
    tell_until(
        lambda: ask(open_page, "PATCH", "devices/freezer-1/", changed),
        lambda: open_page.locator("#name").inner_text() == "Freezer <b>one</b>",
    )
    facts = open_page.locator("#facts")
    for text in ("Cold store", "By the <i>door</i>.", "F-17"):
        expect(facts).to_contain_text(text)
    expect(open_page.locator("#expected")).to_have_text("1 min 30 s")
    assert [chart["thresholds"] for chart in charts(open_page)] == [lines]
    # What the server wrote anew works as what it wrote first.
    open_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page.click("[aria-label='Copy uid']")
    assert open_page.evaluate("navigator.clipboard.readText()") == "freezer-1"
    # A value beyond a limit is told in the head, as on the fleet page.
    insert([(Series.objects.get().pk, int(time.time() * 1000), -10.0)])
    open_page.reload()
    mark = open_page.locator("#presence-mark")
    expect(mark).to_contain_text("Beyond limit")
    expect(mark).to_have_attribute(
        "title", "Too <warm>: Temperature −10.0\u2009°C, limit −15.0\u2009°C"
    )


def test_a_series_changes_its_unit_and_a_deleted_one_leaves(open_page: Page):
    series = Series.objects.get(metric="temperature")
    card = open_page.locator(".chart-card")
    expect(card).to_have_count(1)
    tell_until(
        lambda: ask(open_page, "PATCH", f"series/{series.pk}/", {"unit": "K"}),
        lambda: [chart["unit"] for chart in charts(open_page)] == ["K"],
    )
    refused.add("/api/v1/readings/")  # what the page asks before it is told
    ask(open_page, "DELETE", f"series/{series.pk}/")
    expect(card).to_have_count(0)
    expect(open_page.locator("#no-series")).to_be_visible()


def test_recent_messages_say_what_became_of_one_in_quarantine(open_page: Page):
    topic, at = "devices/freezer-1/telemetry", time.time_ns() // 1_000_000
    facts = {"uid": "freezer-1", "topic": topic, "reason": "malformed_json", "detail": "as said"}
    for number, payload in enumerate((b"{no", b'{"t":1}')):
        kept = {"received_at": from_ms(at + number), "payload": payload, "worker": "bridge-0"}
        QuarantinedMessage.objects.create(**facts, **kept, payload_size=len(payload))
        known = message_log.kept_as(at + number, topic, payload)
        shown = {"at": at + number, "size": 4, "payload": payload.decode(), "values": 0}
        message_log.record([{**facts, **shown, "verdict": "rejected", "kept_as": known}])
    messages = open_page.locator("#messages > li")
    open_page.locator("#messages").scroll_into_view_if_needed()
    expect(messages.locator(".state .word")).to_have_text(["Rejected", "Rejected"])
    messages.nth(1).locator("summary").click()
    oldest = QuarantinedMessage.objects.order_by("id")[0]
    ask(open_page, "DELETE", f"quarantine/{oldest.pk}/")
    expect(messages.locator(".state .word")).to_have_text(["Rejected", "Discarded"])
    expect(messages.nth(1).locator("pre")).to_be_visible()  # it was open, and is
    ask(open_page, "POST", "quarantine/replay/", {"uid": "freezer-1"})
    expect(messages.locator(".state .word")).to_have_text(["Stored", "Discarded"])


def test_paper_shows_the_charts_that_were_out_of_sight(page: Page):
    device = Device.objects.create(uid="freezer-1", name="Freezer 1")
    at = time.time_ns() // 1_000_000 - 60_000
    for number in range(30):
        series = Series.objects.create(device=device, metric=f"m{number:02d}")
        insert([(series.id, at, 1.0), (series.id, at + 1000, 2.0)])
    page.goto("/devices/freezer-1/?window=5m")
    drawn = [[at, 1.0], [at + 1000, 2.0]]
    eventually(lambda: charts(page)[0]["points"] == drawn, what="what is in sight is drawn")
    eventually(lambda: not page.evaluate("window.pulseboard.loading"), what="all is loaded")
    assert charts(page)[-1]["points"] == []
    page.pdf()
    assert [chart["points"] for chart in charts(page)] == [drawn] * 30


def test_who_may_not_see_it_any_more_sees_nothing_of_it(open_page: Page, operator: User):
    refused.add("/api/v1/*")
    elsewhere(lambda: may(operator))
    expect(open_page.locator("#trouble")).to_contain_text("where you may not look")
    expect(open_page.locator("#trouble button")).to_have_count(0)
    expect(open_page.locator("#presence-evidence")).to_have_text("It is here no more.")
    assert charts(open_page) == []


def test_a_device_that_was_removed_says_so_and_is_not_asked_for_again(open_page: Page):
    # Announced only: what the page asks until it hears of it would be answered by 404.
    gone = device_event("deleted", {"id": 1, "uid": "freezer-1", "kept": True}, site=None)
    tell_until(
        lambda: announce(EVENTS_GROUP, gone),
        lambda: "This device was deleted." in open_page.locator("#trouble").inner_text(),
    )
    expect(open_page.locator("#presence-word .word")).to_have_text("Removed")
    expect(open_page.locator("#trouble a")).to_have_text("Back to the fleet")
    expect(open_page.locator("#trouble button")).to_have_text("Restore it")
    expect(open_page.locator("[data-edit]").first).to_be_hidden()
    asked: list[str] = []
    open_page.on("request", lambda request: asked.append(request.url))
    open_page.keyboard.press("-")  # a wider window, that is to be read
    with open_page.expect_event("console", lambda message: message.text == "later"):
        # Longer than the page's reads of messages are apart.
        open_page.evaluate("setTimeout(() => console.log('later'), 5000)")
    assert [url for url in asked if "freezer-1" in url or "/readings/" in url] == []
    expect(open_page.locator("#trouble")).to_contain_text("This device was deleted.")
    # In earnest now: nobody is offered to have it back.
    gone["device"]["kept"] = False
    announce(EVENTS_GROUP, gone)
    expect(open_page.locator("#trouble")).to_contain_text("deleted for good")
    expect(open_page.locator("#trouble button")).to_have_count(0)
    expect(open_page.locator("#presence-evidence")).to_have_text("It is here no more.")
    expect(open_page.locator("#no-series")).to_be_hidden()
