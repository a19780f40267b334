"""What somebody selects on a chart is deleted, corrected and had back from the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.tests.test_pages_charts import (
    MINUTE,
    SECOND,
    device,
    head_of,
    now,
    open_range,
    series,
)
from devices.models import Device
from telemetry.tests.written import write
from tests.browser import chromium, operator, page, timers_last
from tests.web_process import web, web_process

__all__ = ["chromium", "device", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

NOTICE = 5_000  # ms a notice stays


def select(page: Page, start: float, stop: float) -> None:
    """A part of the chart, given as shares of its width."""
    box = page.locator(".plot").first.bounding_box()
    assert box
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * stop, box["y"] + 40, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("#chart-selection")).to_be_visible()


def choose(page: Page, words: str) -> None:
    """From the menu of the chart; the bar of the selection offers the same."""
    head_of(page, "warm").locator("summary").click()
    page.get_by_role("article").get_by_role("button", name=words).click()


def test_selected_readings_are_deleted_corrected_and_had_back(page: Page, device: Device) -> None:
    start = now() // MINUTE * MINUTE - 5 * MINUTE
    warm = series(device, "warm", precision=1)
    good, bad = range(30), range(40, 50)  # seconds; what is selected begins between them
    write(warm.id, [(start + n * SECOND, 20.0) for n in good])
    write(warm.id, [(start + n * SECOND, 900.0) for n in bad])
    timers_last(page, NOTICE)
    open_range(page, start, start + MINUTE)
    highest = head_of(page, "warm").locator(".stats dd").nth(2)
    expect(highest).to_have_text("900.0")
    expect(page.locator("#corrections")).to_be_hidden()
    choose(page, "Delete these readings…")
    expect(page.get_by_text("Select the time first")).to_be_visible()
    select(page, 0.58, 0.98)
    choose(page, "Delete these readings…")
    dialog = page.locator("#form-dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Delete 10 readings of Warm")
    dialog.locator("[name=reason]").fill("unplugged")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    expect(highest).to_have_text("20.0")  # the chart follows
    row = page.locator("#corrections-list li")
    expect(row).to_contain_text("10 deleted")
    expect(row).to_contain_text("unplugged (olga,")
    row.get_by_role("button", name="Undo").click()
    expect(highest).to_have_text("900.0")
    expect(row).to_contain_text("Undone")
    select(page, 0.58, 0.98)
    choose(page, "Correct these readings…")
    lines = dialog.locator("[name=points]")
    lines.fill(re.sub(r"900$", "21.5", lines.input_value(), flags=re.MULTILINE))
    dialog.locator("[name=reason]").fill("a decimal point was lost")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    expect(highest).to_have_text("21.5")
    expect(row.first).to_contain_text("10 replaced by 10")
