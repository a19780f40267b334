"""The inbox in a real browser: adopt one, adopt all of a kind, ignore, merge; the rail counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.models import Device, Site
from telemetry.live import contract
from telemetry.models import QuarantinedMessage
from tests.browser import announce, chromium, operator, page, tell_until
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

Candidate = apps.get_model("bridge", "Candidate")


def waits(uid: str, convention: str = "tasmota", **facts: Any) -> Any:
    now = timezone.now()
    given = {
        "topic": f"tele/{uid}/SENSOR",
        "first_at": now,
        "last_at": now,
        "messages": 3,
        "metrics": {"ENERGY.Power": {"value": 12.5, "unit": "W"}},
        "sample": '{"ENERGY":{"Power":12.5}}',
    }
    return Candidate.objects.create(uid=uid, convention=convention, **given | facts)


def test_a_device_that_waits_is_adopted_with_what_it_sent(page: Page):
    Site.objects.create(slug="hall", name="Hall")
    waits("plug-1", described={"name": "Kettle", "model": "A1T", "manufacturer": "Nous"})
    payload = b'{"Time":"2023-01-01T00:00:00","ENERGY":{"Power":12.5}}'
    QuarantinedMessage.objects.create(
        received_at=timezone.now(), topic="tele/plug-1/SENSOR", uid="plug-1",
        reason="unknown_device", payload=payload, payload_size=len(payload),
    )  # fmt: skip
    page.goto("/")
    expect(page.locator("#waiting-count")).to_contain_text("1")
    page.keyboard.type("gi")
    page.wait_for_url("**/inbox/")
    row = page.locator("#waiting li")
    expect(row).to_contain_text("Nous A1T")
    expect(row).to_contain_text("power meter")
    expect(row.locator(".tag").first).to_contain_text("12.5")
    row.get_by_label("Name of Kettle").fill("Kitchen kettle")
    row.get_by_label("Site of Kettle").select_option("hall")
    row.get_by_role("button", name="Adopt").click()
    expect(page.locator("#outcome")).to_contain_text("Kitchen kettle is a device now. 1 replayed")
    expect(page.locator("#waiting-empty")).to_contain_text("Nobody waits")
    device = Device.objects.get(uid="plug-1")
    assert (device.name, device.site.slug) == ("Kitchen kettle", "hall")
    expect(page.locator("#waiting-count")).to_be_hidden()
    page.keyboard.type("gf")
    tile = page.locator(".device", has_text="Kitchen kettle")
    expect(tile).to_contain_text("12.5")
    tile.click()
    page.wait_for_url("**/devices/plug-1/")


def test_all_of_a_kind_are_adopted_together_and_one_who_appears_shows(page: Page):
    for number in range(3):
        waits(f"plug-{number}")
    thermometer = {"t": {"value": 20, "unit": "°C", "quantity": "temperature"}}
    waits("thermo-1", metrics=thermometer)
    waits("z-1", "zigbee2mqtt")
    page.goto("/inbox/")
    expect(page.locator("#waiting li")).to_have_count(5)
    page.locator(".chip", has_text="tasmota").click()
    expect(page.locator("#waiting li")).to_have_count(4)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Adopt all 3: power meter").click()
    expect(page.locator("#outcome")).to_contain_text("3 adopted")
    expect(page.locator("#waiting li")).to_have_count(1)
    assert Device.objects.filter(uid__startswith="plug-").count() == 3
    waits("late-1")
    event = contract.event("inbox", change="waiting", uids=["late-1"])
    tell_until(
        lambda: announce(contract.EVENTS_GROUP, event),
        lambda: page.locator("[data-uid=late-1]").count() == 1,
    )


def test_one_is_ignored_for_ever_and_another_is_a_device_one_has(page: Page):
    Device.objects.create(uid="freezer-1", name="Freezer")
    waits("neighbour")
    waits("old-name")
    page.goto("/inbox/")
    page.locator("[data-uid=neighbour]").get_by_role("button", name="Ignore for ever").click()
    expect(page.locator("[data-uid=neighbour]")).to_have_count(0)
    eventually(lambda: Candidate.objects.get(uid="neighbour").ignored)
    row = page.locator("[data-uid=old-name]")
    row.locator("summary").click()
    row.get_by_label("Device it is of old-name").fill("freezer-1")
    row.get_by_role("button", name="Merge").click()
    expect(page.locator("#outcome")).to_contain_text("old-name is freezer-1")
    eventually(lambda: Device.objects.get().aliases.count() == 1)
    page.click("#ignored")
    expect(page.locator("[data-uid=neighbour]")).to_have_count(1)
    page.get_by_role("button", name="Ignore no more").click()
    eventually(lambda: not Candidate.objects.get(uid="neighbour").ignored)
