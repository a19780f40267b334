"""Sites in a real browser: made, shown with their devices, changed and deleted, all on a page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.events import EVENTS_GROUP, device_event, site_event
from devices.models import Device, Presence, PresenceFact, PresenceKnown, Site
from devices.provisioning_key import ProvisioningKey, secret_digest
from telemetry.live import contract
from tests.browser import announce, chromium, elsewhere, operator, page, refused, tell_until
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@transaction.atomic
def register(site: Site) -> None:
    """Three devices here, of which one was offline for some hours, and one elsewhere."""
    for uid, north in (("a", 53.5), ("b", 53.501), ("c", None)):
        Device.objects.create(
            uid=uid, name=f"Pump {uid}", site=site, latitude=north, longitude=north and 10
        )
    Device.objects.create(uid="d", name="Elsewhere", latitude=53.5, longitude=10)
    now = timezone.now()
    PresenceKnown.objects.create(id=1, until=now)
    Device.objects.filter(uid="a").update(created_at=now - timedelta(hours=9))
    left = {"at": now - timedelta(hours=5), "after": now - timedelta(hours=6)}
    PresenceFact.objects.create(device=Device.objects.get(uid="a"), what="offline", **left)
    Presence.objects.filter(device__uid="a").update(last_seen_at=left["after"])


def the_lane_says_what_it_was(page: Page) -> None:
    lane = page.locator("#devices [data-uid=a] .lane")
    offline = lane.locator("[data-state=offline]")
    expect(offline).to_have_count(1)
    expect(lane.get_by_role("img")).to_have_attribute("aria-label", re.compile("Presence: .*Off"))
    offline.hover()
    expect(lane).to_have_attribute("title", re.compile("^Offline .*last will"))
    lane.hover(position={"x": 2, "y": 6})
    expect(lane).to_have_attribute("title", "Not known")  # it was not there yet


def a_key_is_made_and_ended(page: Page, site: Site) -> None:
    refused.add(f"/api/v1/sites/{site.slug}/provisioning-key/")  # while there is none
    page.click("#provisioning")
    dialog = page.locator("#form-dialog")
    expect(dialog).to_contain_text("No key")
    page.select_option("[name=days]", "30")
    dialog.get_by_role("button", name="Make a key").click()
    expect(dialog).to_contain_text("shown this once")
    made = ProvisioningKey.objects.get(site=site)
    assert made.expires_at is not None
    secret = page.locator("#provisioning-1").inner_text().removeprefix("provisionDeviceSecret: ")
    assert secret_digest(secret) == made.digest
    dialog.get_by_role("button", name="I have it").click()
    page.click("#provisioning")
    expect(dialog).to_contain_text("Last used")
    expect(dialog).to_contain_text(made.key)
    expect(dialog).not_to_contain_text(secret)
    dialog.get_by_role("button", name="End it …").click()
    dialog.get_by_role("button", name="End it").click()
    eventually(lambda: not ProvisioningKey.objects.exists())
    expect(dialog).to_be_hidden()


def test_a_site_that_was_deleted_is_not_asked_for_again(page: Page):
    site = Site.objects.create(slug="harbour", name="Harbour")
    page.goto("/sites/harbour/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    # Announced only: what the page asks until it hears of it would be answered by 404.
    here, form = {"slug": "harbour", "name": "Harbour"}, {"id": 1, "uid": "a", "site": None}
    tell_until(
        lambda: (
            announce(EVENTS_GROUP, device_event("deleted", form, site=site.pk))
            or announce(EVENTS_GROUP, site_event("deleted", here, site.pk))
        ),
        lambda: "This site was deleted." in page.locator("#trouble").inner_text(),
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    announce(EVENTS_GROUP, contract.event("alert", site=site.pk, alert=None))
    announce(EVENTS_GROUP, device_event("deleted", form, site=site.pk))
    with page.expect_event("console", lambda message: message.text == "later"):
        # Longer than the page gathers changes for.
        page.evaluate("setTimeout(() => console.log('later'), 3000)")
    assert [url for url in asked if "harbour" in url] == []
    expect(page.locator("#trouble")).to_contain_text("This site was deleted.")

    # Nobody told of it: then the page cannot know whether the viewer's right ended.
    page.goto("/sites/harbour/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    refused.add(f"/api/v1/sites/{site.slug}/")
    Site.objects.filter(pk=site.pk).delete()
    tell_until(
        lambda: announce(EVENTS_GROUP, site_event("changed", here, site.pk)),
        lambda: "or you may not see it any more" in page.locator("#trouble").inner_text(),
    )


def test_a_site_is_made_shows_what_stands_there_is_changed_and_goes(page: Page):
    Site.objects.create(slug="harbour", name="Another one of that name")
    refused.add("/api/v1/sites/")  # a zone there is none of, and an address that is taken
    page.goto("/sites/")
    expect(page.locator("#sites li")).to_have_count(1)
    page.click("#new-site")
    page.fill("[name=name]", "Harbour")
    page.fill("[name=contact]", "Ana <b>Petersen</b>")
    page.fill("[name=phone]", "+49 40 / 123")
    page.fill("[name=zone]", "Mars/Base")
    page.click("#form-dialog >> text=Create")
    expect(page.locator("#form-dialog .error")).to_contain_text("no time zone")
    page.fill("[name=zone]", "Asia/Kathmandu")
    page.click("#form-dialog >> text=Create")
    page.wait_for_url("**/sites/harbour-2/")
    site = Site.objects.get(slug="harbour-2")
    expect(page.locator("#contact")).to_contain_text("Ana <b>Petersen</b>")
    expect(page.locator("#contact a[href='tel:+4940123']")).to_be_visible()
    expect(page.locator("#there")).to_contain_text("Asia/Kathmandu")
    expect(page.locator("#devices-none")).to_be_visible()
    expect(page.locator("#map-empty")).to_be_visible()
    expect(page.locator("#connection")).to_have_attribute("data-state", "online")

    # Whoever registers a device there, here it comes; one without a position stands on no map.
    elsewhere(lambda: register(site))
    expect(page.locator("#devices li")).to_have_count(3)
    the_lane_says_what_it_was(page)
    expect(page.locator("#map .dot")).to_have_count(2)
    expect(page.locator("#map-note")).to_contain_text("1 device has no position")
    north, south = (page.locator(f"#map [data-dot={uid}]").bounding_box() for uid in "ba")
    assert north["y"] < south["y"]
    elsewhere(lambda: Device.objects.get(uid="b").delete())
    expect(page.locator("#devices li")).to_have_count(2)
    a_key_is_made_and_ended(page, site)
    page.click("#edit")
    page.fill("[name=notes]", "Ring at gate 3.")
    Site.objects.filter(pk=site.pk).update(contact="Olga")  # somebody else, meanwhile
    page.click("#form-dialog >> text=Save")
    expect(page.locator("#notes")).to_have_text("Ring at gate 3.")
    expect(page.locator("#contact")).to_contain_text("Olga")
    page.click("#edit")
    page.click("#form-dialog >> text=Delete …")
    page.fill("[name=typed]", "harbour")
    page.click("#form-dialog footer >> text=Delete")
    expect(page.locator("#form-dialog .error")).to_have_text("This is not its name.")
    page.fill("[name=typed]", "Harbour")
    page.click("#form-dialog footer >> text=Delete")
    page.wait_for_url("**/sites/")
    expect(page.locator("#sites li")).to_have_count(1)
    eventually(lambda: not Site.objects.filter(slug="harbour-2").exists())
    assert Device.objects.get(uid="a").site is None
