"""What a page offers where its viewer has one role at one site and another at the next."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.roles import Role
from alerts.models import Alert, AlertRule
from devices.models import Device, Site
from tests.browser import chromium, operator, page
from tests.granted import may
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_row_offers_what_one_may_do_where_it_stands(page: Page, operator: User):
    hall, yard = (Site.objects.create(slug=slug, name=slug) for slug in ("hall", "yard"))
    now = timezone.now()
    for site in (hall, yard):
        device = Device.objects.create(uid=f"pump-{site.slug}", name=f"p {site.slug}", site=site)
        AlertRule.objects.create(name=f"rule {site.slug}", device=device, condition={})
        Alert.objects.create(
            rule_name="Warm", severity="warning", site=site, device=device, uid=device.uid,
            device_name=device.name, sentence=f"Warm in the {site.slug}", started_at=now,
            fired_at=now,
        )  # fmt: skip
    may(operator, (Role.ADMINISTRATOR, hall), (Role.VIEWER, yard))

    page.goto("/alerts/")
    drawer = page.locator("#drawer")
    page.get_by_text("Warm in the hall").click()
    expect(drawer.get_by_role("heading", name="Warm in the hall")).to_be_visible()
    expect(drawer.locator("[data-act=acknowledge]")).to_be_visible()
    page.get_by_text("Warm in the yard").click()
    expect(drawer.get_by_role("heading", name="Warm in the yard")).to_be_visible()
    expect(drawer.locator("[data-act=acknowledge]")).to_be_hidden()
    expect(drawer.locator(".say")).to_be_hidden()

    page.goto("/alerts/rules/")
    expect(page.get_by_role("switch", name="rule hall")).to_be_visible()
    expect(page.get_by_text("rule yard")).to_be_visible()
    expect(page.get_by_role("switch", name="rule yard")).to_be_hidden()

    page.goto("/?selected=pump-hall")
    expect(page.locator("#selection-delete")).to_be_visible()
    page.locator("[data-uid=pump-yard]").first.click(modifiers=["Shift"])
    expect(page.locator("#selection-count")).to_contain_text("2")
    expect(page.locator("#selection-delete")).to_be_hidden()
