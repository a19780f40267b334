"""What operators do about devices on the pages, in a browser, compared with the store."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from dashboard.tests.live_socket import insert
from dashboard.tests.test_every_page import complaints
from devices import removal
from devices.models import Device, Site
from telemetry.models import Series
from tests.browser import PAGE_SECONDS, chromium, operator, page, refused
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


# As another page of somebody else does: its change is announced by the web process.
PATCH = """async ([path, body]) => fetch(path, {
    method: "PATCH", body: JSON.stringify(body), headers: {"Content-Type": "application/json",
    "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value}})"""


def edit(page: Page) -> Locator:
    """The drawer of the device whose page is open."""
    expect(page.locator("#presence-word .word")).not_to_be_empty()  # its scripts have run
    page.get_by_role("button", name="Edit").click()
    return page.locator(".work-drawer")


def clear(page: Page) -> None:
    """Nothing that axe finds hard to read, light and dark."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        ours = [said for said in complaints(page) if "work-" in said]
        assert ours == [], theme


def test_a_device_is_registered_and_its_first_message_awaited(page: Page):
    Site.objects.create(slug="roof", name="Roof")
    page.goto("/")
    form = page.locator("#first-form")
    refused.add("/api/v1/devices/")  # the first try
    form.get_by_label("Uid").fill("pump 1")
    form.get_by_role("button", name="Register").click()
    expect(form.locator(".error")).to_contain_text("A uid has 1 to 64 characters")
    form.get_by_label("Uid").fill("pump-1")
    form.get_by_label("Name").fill("Pump <1>")
    form.get_by_label("Site").select_option("Roof")
    expect(page.locator("#publish-line")).to_contain_text("devices/pump-1/telemetry")
    form.get_by_role("button", name="Register").click()
    waiting = page.locator("#first-waiting")
    expect(waiting.locator(".work-first")).to_contain_text("Waiting for the first message")
    device = Device.objects.get(uid="pump-1")
    assert (device.name, device.site and device.site.slug) == ("Pump <1>", "roof")
    token = waiting.locator(".work-once pre").first.inner_text()
    assert token.startswith(device.token_prefix)
    clear(page)

    series = Series.objects.create(device=device, metric="pressure", unit="bar")
    insert([(series.id, time.time_ns() // 1_000_000, 2.5)])
    expect(waiting.locator(".work-first")).to_contain_text("Pressure 2.5 bar")
    expect(waiting.get_by_role("link", name="Open Pump <1>")).to_be_visible()


def test_two_people_edit_a_device_and_nothing_is_lost(page: Page):
    device = Device.objects.create(uid="a", name="A", tags=["x"], metadata={"firmware": "1"})
    series = Series.objects.create(device=device, metric="t", unit="C")
    now = time.time_ns() // 1_000_000
    insert([(series.id, now - 2_000, -18.0), (series.id, now, -14.0)])
    page.goto("/devices/a/")
    drawer = edit(page)
    drawer.get_by_label("Kind").fill("freezer")
    drawer.get_by_label("Tags").fill("x, Cold  chain")
    drawer.get_by_role("group", name="t").get_by_label("Unit").first.fill("°C")
    drawer.get_by_role("button", name="Add a limit to T").click()
    drawer.get_by_label("Limit", exact=True).fill("-15")
    drawer.get_by_label("Its label").fill("Too warm")
    page.evaluate(PATCH, ["/api/v1/devices/a/", {"kind": "theirs", "notes": "by another"}])
    # What one has not touched follows; of what both wrote one is told, and keeps one's own.
    expect(drawer.get_by_label("Notes")).to_have_value("by another")
    expect(drawer.locator(".theirs")).to_contain_text("Somebody else wrote “theirs” meanwhile.")
    expect(drawer.get_by_label("Kind")).to_have_value("freezer")
    clear(page)
    page.keyboard.press("Escape")
    expect(drawer.get_by_text("What you wrote is not saved.")).to_be_visible()
    drawer.get_by_role("button", name="Go on editing").click()
    topics = drawer.get_by_label("Topics beside its own")
    topics.fill("tele/plug-1/#\n#")
    refused.add("/api/v1/devices/a/")  # the first try
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.get_by_text("'#' names topics of anybody.")).to_be_visible()
    topics.fill("tele/plug-1/#\n\ncmnd/plug-1/#\n")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer).to_be_hidden()
    device.refresh_from_db()
    assert device.mqtt_filters == ["tele/plug-1/#", "cmnd/plug-1/#"]
    line = {"value": -15, "label": "Too warm", "op": "above"}
    assert (device.kind, device.notes, device.tags) == (
        "freezer",
        "by another",
        ["x", "cold chain"],
    )
    assert device.metadata == {"firmware": "1", "thresholds": {"t": [line]}}
    assert Series.objects.get().unit == "°C"

    edit(page).get_by_role("button", name="Drag limits on the chart of T").click()
    page.locator(".handles").get_by_label("Too warm").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("region", name="Limits").get_by_role("button", name="Save").click()
    expect(page.locator(".work-dragging")).to_be_hidden()
    device.refresh_from_db()
    (moved,) = device.metadata["thresholds"]["t"]
    assert moved["value"] > -15
    assert {**moved, "value": -15} == line


def test_a_token_is_rotated_and_a_device_deleted_and_had_back(page: Page, operator: User):
    device = Device.objects.create(
        uid="a", name="A freezer", token_prefix="pd_old", token_digest="d"
    )
    page.goto("/devices/a/")
    drawer = edit(page)
    drawer.get_by_role("button", name="Rotate the token").click()
    rotate = drawer.get_by_role("button", name="Rotate", exact=True)
    drawer.get_by_label("Name of the device").fill("A freezr")
    expect(rotate).to_be_disabled()
    drawer.get_by_label("Name of the device").fill("A freezer")
    rotate.click()
    token = drawer.locator(".work-once pre").inner_text()
    device.refresh_from_db()
    assert token.startswith(device.token_prefix)
    assert device.token_digest != "d"
    assert device.former_digest == "d"
    expect(drawer.locator(".work-token code")).to_have_text("a.2")
    # What the page asks of it until it hears of it.
    refused.update(f"/api/v1/devices/a/{what}/" for what in ("latest", "messages", "presence"))
    refused.update(["/api/v1/devices/a/", "/api/v1/series/", "/api/v1/log/", "/devices/a/"])
    refused.update(f"/api/v1/{what}/" for what in ("corrections", "readings", "alerts"))
    drawer.get_by_role("button", name="Delete the device").click()
    expect(page.locator("#trouble")).to_contain_text("This device was deleted.")
    assert not Device.objects.exists()
    page.goto("/devices/a/")
    expect(page.locator("#removed h2")).to_have_text("olga deleted this device")
    expect(page.locator("#connection .word")).to_have_text("Live")  # its scripts have run
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    removal.remove(Device.with_removed.get_queryset(), ["a"], operator)
    page.goto("/?add=removed")
    expect(page.locator(".work-removed")).to_contain_text("A freezer")
    clear(page)
    page.locator(".work-removed").get_by_role("button", name="Restore it").click()
    expect(page.locator("[data-uid=a]").first).to_be_visible()
    device.refresh_from_db()
    assert device.removed_at is None


def test_a_table_does_what_its_dry_run_showed_and_a_selection_is_changed(page: Page):
    Device.objects.create(uid="a", name="A")
    page.goto("/?add=import")
    drawer = page.locator(".work-drawer")
    table = drawer.get_by_label("Table", exact=True)
    refused.add("/api/v1/device-imports/")
    table.fill("uid,name,latitude\na,Again,\nb,B,north\n")
    drawer.get_by_role("button", name="See what it does").click()
    expect(drawer.locator(".is-wrong")).to_contain_text("latitude: A valid number is required.")
    expect(drawer.get_by_role("button", name="Do it")).to_be_hidden()
    table.fill("uid,name,latitude\na,Again,\nb,B,48.5\n")
    drawer.get_by_role("button", name="See what it does").click()
    expect(drawer.locator(".work-plan")).to_contain_text("name: A → Again")
    clear(page)
    Device.objects.filter(uid="a").update(name="Again")  # so that there is less to do by now
    drawer.get_by_role("button", name="Do it: 2 devices").click()
    expect(drawer.get_by_text("somebody changed a device meanwhile")).to_be_visible()
    assert not Device.objects.filter(uid="b").exists()
    drawer.get_by_role("button", name="Do it: 1 device").click()
    expect(drawer.locator(".work-once pre")).to_contain_text("b,pd_")
    assert Device.objects.get(uid="b").latitude == 48.5
    drawer.get_by_role("button", name="Close").last.click()

    for uid in ("a", "b"):
        page.locator(f"#devices [data-uid={uid}]").get_by_role("link").or_(
            page.locator(f"#devices a[data-uid={uid}]")
        ).first.focus()
        page.keyboard.press("x")
    page.get_by_role("button", name="Change", exact=True).click()
    drawer.get_by_label("Add tags").fill("north")
    drawer.get_by_label("Its messages are stored").select_option("no: disabled")
    clear(page)
    drawer.get_by_role("button", name="Change 2 devices").click()
    expect(drawer).to_be_hidden()
    facts = Device.objects.order_by("uid").values_list("uid", "tags", "enabled")
    assert list(facts) == [("a", ["north"], False), ("b", ["north"], False)]
    eventually(lambda: page.locator("#selection").is_hidden(), PAGE_SECONDS, what="it is let go of")
