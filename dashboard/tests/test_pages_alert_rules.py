"""The page of alert rules in a real browser: written, tried, tuned on the chart, on, deleted."""

from __future__ import annotations

import re
import time

import pytest
from django.apps import apps
from django.db import connection
from playwright.sync_api import Locator, Page, expect

from dashboard.tests.live_socket import insert
from devices.models import Device
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.tests.written import mark_dirty
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

AlertRule = apps.get_model("alerts", "AlertRule")
MINUTE = 60_000  # ms


def freezer() -> None:
    """Three hours of a reading a minute; twice it is warm, at −10 and at −14."""
    device = Device.objects.create(uid="freezer-1", name="Freezer 1", kind="freezer")
    series = Series.objects.create(device=device, metric="temperature", unit="°C")
    start = time.time_ns() // 1_000_000 // MINUTE * MINUTE - 180 * MINUTE
    values = [-10.0 if 60 <= n < 70 else -14.0 if 100 <= n < 102 else -18.0 for n in range(178)]
    insert([(series.pk, start + n * MINUTE, value) for n, value in enumerate(values)])
    with connection.cursor() as cursor:
        for n in range(178):
            mark_dirty(cursor, from_ms(start + n * MINUTE))


def has_its_picture_and_a_table(page: Page) -> None:
    """Of the replay; the table is folded again."""
    expect(page.locator("#tints .is-firing")).to_have_count(2)
    table = page.locator("#replay-chart .folded-table")
    table.locator("summary").click()
    expect(table.locator("tbody tr").first).to_be_visible()
    expect(table.locator("thead")).to_contain_text("temperature")
    table.locator("summary").click()


def drag_halfway_up(page: Page, handle: Locator) -> None:
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    top = page.locator("#plot").bounding_box()
    assert top is not None
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, (y + top["y"]) / 2, steps=4)
    page.mouse.up()


def is_changed_elsewhere_while_written(page: Page, other: Page) -> None:
    """Who writes says what becomes of it."""
    page.select_option("[name=severity]", "critical")
    other.get_by_role("switch", name="Off: Too warm").click()
    expect(page.locator("#changed")).to_contain_text("Somebody has changed it meanwhile.")
    page.get_by_role("button", name="Keep mine").click()
    page.click("#save")
    expect(page.locator("#outcome")).to_be_visible()
    assert AlertRule.objects.get().severity == "critical"


def test_a_rule_is_tried_tuned_on_the_chart_switched_on_and_deleted(page: Page):
    freezer()
    page.goto("/alerts/rules/")
    expect(page.locator("#rules-empty")).to_contain_text("nothing is judged")
    page.keyboard.press("n")
    page.fill("[name=name]", "Too warm")
    page.fill("[name=metric]", "temperature")
    page.fill("[name=kind]", "freezer")
    page.fill("[name='condition.limit']", "warm")
    expect(page.locator("[data-field='condition.limit'] + .error")).to_have_text("Write a number.")
    page.fill("[name='condition.limit']", "-15")
    expect(page.locator("#targets-count")).to_have_text("1 series of 1 device")
    sentence = page.locator("#sentence")
    expect(sentence).to_contain_text(re.compile("2 times, 12.min in all"))
    expect(page.locator("#fired li")).to_have_count(2)
    has_its_picture_and_a_table(page)
    # The line is dragged above the smaller of the two, and the picture follows.
    handle = page.get_by_role("slider", name="Fires above")
    drag_halfway_up(page, handle)
    expect(sentence).to_contain_text(re.compile("once, 10.min in all"))
    limit = float(page.input_value("[name='condition.limit']"))
    assert -14 < limit < -10
    handle.press("ArrowUp")
    eventually(lambda: float(page.input_value("[name='condition.limit']")) > limit)
    limit = float(page.input_value("[name='condition.limit']"))
    page.click("#enable")
    expect(page.locator("#outcome")).to_contain_text("Saved and on")
    rule = AlertRule.objects.get()
    assert (rule.enabled, rule.kind, rule.condition) == (
        True, "freezer", {"type": "threshold", "op": "above", "limit": limit},
    )  # fmt: skip
    expect(page.locator("#changes li")).to_have_count(1)
    # Another page follows, and switches it off here.
    other = page.context.new_page()
    other.goto("/alerts/rules/")
    expect(other.locator("#connection")).to_have_attribute("data-state", "online")
    other.get_by_role("switch", name="On: Too warm").click()
    expect(page.get_by_role("switch", name="Off: Too warm")).to_be_visible()
    is_changed_elsewhere_while_written(page, other)
    unwanted = other.locator("#offers input").first
    unwanted.uncheck()
    page.click("#delete")
    page.fill("#confirm-name", "Too war")
    expect(page.locator("#confirm-do")).to_be_disabled()
    page.fill("#confirm-name", "Too warm")
    page.click("#confirm-do")
    expect(page.locator("#rules-empty")).to_be_visible()
    assert not AlertRule.objects.exists()
    expect(page.locator("#offers")).to_contain_text("Ready-made rules")
    expect(other.locator("#offers")).to_contain_text("A file of rules can be imported")
    expect(unwanted).not_to_be_checked()  # although the list was drawn anew
    expect(other.locator("#offers input:checked")).not_to_have_count(0)
