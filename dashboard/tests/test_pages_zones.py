"""On the day the clocks are changed a page shows what the store holds, each hour as itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from playwright.sync_api import Page, expect

from dashboard.tests.live_socket import insert
from dashboard.tests.test_pages_charts import elsewhere, shown
from devices.models import Device
from telemetry.models import Series
from telemetry.moments import from_ms
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "elsewhere", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

HOUR, STEP = 3_600_000, 300_000  # ms


def last_change(zone: ZoneInfo) -> int:
    """When its clocks were changed last, Unix ms: to the hour."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    while at.astimezone(zone).utcoffset() == (at - timedelta(hours=1)).astimezone(zone).utcoffset():
        at -= timedelta(hours=1)
    return int(at.timestamp() * 1000)


def as_written(at: int, zone: ZoneInfo) -> str:
    """As pages write a moment: date, time and offset, with a true minus."""
    local = datetime.fromtimestamp(at / 1000, zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}".replace(" -", " \u2212")


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York"])
def test_the_day_the_clocks_are_changed_is_shown_as_it_is_stored(
    elsewhere: Callable[..., Page], name: str
):
    zone = ZoneInfo(name)
    change = last_change(zone)
    begin, end = change - 2 * HOUR, change + 2 * HOUR
    device = Device.objects.create(uid="press-1", name="Press 1", expected_interval=300)
    level = Series.objects.create(device=device, metric="level")
    stored = [(at, float(n)) for n, at in enumerate(range(begin + STEP, end, STEP))]
    insert([(level.pk, at, value) for at, value in stored])
    # In autumn the clocks show both of these the same.
    moments = [change - HOUR // 2, change + HOUR // 2]
    for number, at in enumerate(moments):
        apps.get_model("alerts", "Alert").objects.create(
            rule_name="High", severity="warning", device=device, uid="press-1",
            device_name=f"Press {number}", sentence="High.", started_at=from_ms(at),
            fired_at=from_ms(at),
        )  # fmt: skip
    there = elsewhere(viewport={"width": 1440, "height": 900}, timezone_id=name)
    there.goto(f"/devices/press-1/?from={begin}&to={end}")
    eventually(
        lambda: [tuple(point) for point in shown(there, "level")["points"]] == stored,
        what="what is drawn is what is stored",
    )
    there.goto("/alerts/")
    rows = there.locator(".alert-row")
    expect(rows).to_have_count(2)
    said = there.locator(".alert-row [title^='Since']").evaluate_all(
        "all => all.map((one) => one.title)"
    )
    assert sorted(said) == sorted(f"Since {as_written(at, zone)}" for at in moments)
    # UTC, chosen in the menu of any page, is meant on each, and the bar says so.
    expect(there.locator("#zone-told")).to_be_hidden()
    there.click("#appearance summary")
    there.get_by_role("button", name="UTC").click()
    expect(there.locator("#zone-told")).to_have_text("UTC")
    expect(rows).to_have_count(2)
    said = there.locator(".alert-row [title^='Since']").evaluate_all(
        "all => all.map((one) => one.title)"
    )
    assert sorted(said) == sorted(f"Since {as_written(at, ZoneInfo('UTC'))}" for at in moments)
