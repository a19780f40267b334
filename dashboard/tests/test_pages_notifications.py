"""The notifications page in a real browser: who is on call, policies, words, the log, one's own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from dashboard.tests import push
from dashboard.tests.test_every_page import complaints
from notifications.channels import web_push
from notifications.links import PATH, token
from notifications.models import (
    Channel,
    Decision,
    Delivery,
    Notification,
    Occasion,
    Policy,
    Recipient,
)
from notifications.tests import made
from notifications.tests.test_web_push import Browser
from tests.browser import chromium, forget, operator, page, refused, told_page
from tests.waiting import eventually
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "told_page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

TABS = ["Mine", "On call", "Policies", "Words", "Log"]


@pytest.fixture
def told(operator: User) -> Decision:
    """A decision that was sent and not taken, and one that waits for the end of quiet hours."""
    now = timezone.now()
    alert = apps.get_model("alerts", "Alert").objects.create(
        rule_name="Too warm", severity="critical", device_name="Freezer 1", uid="freezer-1",
        sentence="Temperature −12.4 °C is above −15 °C", started_at=now, fired_at=now,
    )  # fmt: skip
    occasion = Occasion.objects.create(
        key="alert-1-fired", what="fired", alert_id=alert.pk, due_at=now, decided_at=now,
        content={"sentence": alert.sentence, "severity": "critical", "device": "Freezer 1"},
    )  # fmt: skip
    common = {"occasion": occasion, "alert_id": alert.pk, "policy_name": "Cold chain"}
    Decision.objects.create(who="max", why="quiet", due_at=now + timedelta(hours=1), **common)
    sent = Decision.objects.create(
        who="olga", user=operator, why="now", due_at=now, sent_at=now, key="decision-1", **common
    )
    notification = Notification.objects.create(
        key="decision-1", channel_name="phone", kind="ntfy", alert_id=alert.pk, content={},
        severity="critical", due_at=now, try_at=now, state="failed",
    )  # fmt: skip
    Delivery.objects.create(
        notification=notification, at=now, took_ms=31, outcome="refused", status=410,
        answer="no such topic",
    )  # fmt: skip
    return sent


def readable(page: Page, where: str) -> None:
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width, where
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert complaints(page, theme) == [], (where, width, theme)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_from_a_team_to_whom_an_alert_would_be_told(page: Page):
    User.objects.create_user("max")
    refused.update(f"/api/v1/notifications/{name}/" for name in ("rotas", "policies"))
    page.goto("/notifications/?tab=words")
    page.get_by_role("button", name="On call", exact=True).click()
    expect(page.locator("#rotas-empty")).to_contain_text("No rota yet")
    page.click("#add-rota")
    page.fill("#form-dialog [name=name]", "Nights")
    page.fill("#form-dialog [name=starts_on]", "2026-01-05")
    page.fill("#form-dialog [name=zone]", "Mars/Base")
    page.select_option("#form-dialog .adding select", "olga")
    page.click("#form-dialog .adding >> text=Add")
    readable(page, "rota")
    page.click("#form-dialog >> text=Save")
    # A mistake stands beside its field, and nothing that was written is lost.
    expect(page.locator("[data-field=zone] .error")).to_contain_text("No time zone is called")
    page.fill("#form-dialog [name=zone]", "Europe/Berlin")
    page.click("#form-dialog >> text=Save")
    rota = page.locator("#rotas li").filter(has_text="Nights").first
    expect(rota).to_contain_text("On call now: olga")
    page.click("text=Stand in")
    page.select_option("#form-dialog select", "max")
    page.click("#form-dialog >> text=Save")
    expect(rota).to_contain_text("On call now: max (stands in), until")
    expect(page.locator("#form-dialog")).to_be_hidden()
    page.keyboard.press("3")
    expect(page.locator("#policies-empty")).to_contain_text("nobody is told of any alert")
    page.click("#add-policy")
    page.fill("#form-dialog [name=name]", "Cold chain")
    page.click("#form-dialog >> text=Save")
    expect(page.locator("#form-dialog .error").first).to_contain_text("Name somebody")
    page.get_by_label("on call: Nights").check()
    page.click("text=Add a step")
    page.locator(".step-forms li").nth(1).get_by_label("olga").check()
    readable(page, "policy")
    page.click("#form-dialog >> text=Save")
    expect(page.locator("#policies")).to_contain_text("after 10 min: olga")
    page.click("text=Say whom")
    tried = page.locator("#tried > li")
    expect(tried).to_have_count(2)
    expect(tried.first).to_contain_text("max: not told: has no channel")
    # What another has changed shows by itself.
    page.get_by_role("switch", name="Policy Cold chain").click()
    expect(page.get_by_role("switch", name="Policy Cold chain")).to_have_text("Off")
    assert not Policy.objects.get().enabled


def test_the_log_words_and_what_is_mine(page: Page, told: Decision, web: WebProcess):
    refused.add("/api/v1/notifications/me/")
    page.goto("/notifications/?tab=log")
    rows = page.locator("#log > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("phone was given up")
    expect(rows.first).to_contain_text("refused 410 in 31")
    expect(rows.nth(1)).to_contain_text("not told yet: quiet hours until")
    page.select_option("#log-filter [name=why]", "quiet")
    expect(rows).to_have_count(1)
    assert "why=quiet" in page.url
    page.get_by_role("button", name="Words", exact=True).click()
    expect(page.locator("#preview-subject")).to_have_text(
        "[critical] Temperature −12.4 °C is above −15 °C"
    )
    page.fill("#words [name=subject]", "{device} {x}")
    expect(page.locator("#words-subject-error")).to_contain_text("Nothing is called {x}")
    page.fill("#words [name=subject]", "{device} <b>ill</b>")
    expect(page.locator("#preview-subject")).to_have_text("Freezer 1 <b>ill</b>")
    page.click("#words >> text=Save")
    expect(page.locator("#words-ours")).to_be_visible()
    page.get_by_role("button", name="Mine", exact=True).click()
    expect(page.locator("#standing")).to_have_text("You are told now.")
    page.click("#add-quiet")
    row = page.locator("#quiet li")
    row.get_by_role("button", name="Sun").click()
    expect(row.get_by_role("button", name="Sun")).to_have_attribute("aria-pressed", "false")
    page.select_option("#wishes [name=minimum]", "warning")
    expect(page.locator("#wishes-saved")).to_have_text("Saved")
    page.fill("#wishes [name=zone]", "Mars/Base")
    page.locator("#wishes [name=zone]").blur()
    expect(page.locator("[data-field=zone] .error")).to_contain_text("No time zone")
    page.fill("#wishes [name=zone]", "Asia/Tokyo")
    page.locator("#wishes [name=zone]").blur()
    page.click("#take-zone")  # of the clock one looks at
    expect(page.locator("#zone-here")).to_be_hidden()
    here = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    expect(page.locator("#wishes [name=zone]")).to_have_value(here)
    page.click("#pauses >> text=1 hour")
    expect(page.locator("#standing")).to_contain_text("Paused until")
    wishes = Recipient.objects.get()
    assert (wishes.minimum, wishes.quiet[0]["days"]) == ("warning", [1, 2, 3, 4, 5, 6])
    assert wishes.zone == here
    for name in TABS:
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_load_state("networkidle")
        readable(page, name)
    # Of a link, on a phone, signed out.
    forget(page)
    page.goto(f"{PATH}{token(told.pk)}/")
    readable(page, "link")
    page.get_by_role("button", name="Acknowledge as olga").click()
    expect(page.locator("[role=status]")).to_contain_text("Acknowledged by olga on")
    readable(page, "used link")


def test_this_browser_is_told(told_page: Page, web: WebProcess, operator: User):
    page = told_page
    page.context.grant_permissions(["notifications"], origin=web.url)
    page.goto("/notifications/")
    browser = Browser()
    page.evaluate(push.SERVICE, browser.facts())
    for _ in range(2):  # deleted in the list, it can be told again
        page.click("text=Tell me in this browser")
        expect(page.locator("#own-channels")).to_contain_text("Chrome")
        expect(page.locator("#this-browser")).to_have_text("Not in this browser any more")
        assert Channel.objects.get().owner == operator
        page.once("dialog", lambda asked: asked.accept())
        page.click("#own-channels >> text=Delete")
        expect(page.locator("#this-browser")).to_have_text("Tell me in this browser")
    page.click("#this-browser")
    expect(page.locator("#this-browser")).to_have_text("Not in this browser any more")

    content = made.content(url=f"{web.url}/alerts/?alert=12", acknowledge_url=f"{web.url}/a/t/")
    told = browser.read(web_push.request(browser.facts(), content, "token", 1).body)
    push.deliver(page, web.url, json.dumps(told))
    title = f"🔴 {content.subject}"
    shown = [{"title": title, "body": content.sentence, "tag": told["tag"]}]
    eventually(lambda: page.evaluate(push.SHOWN, push.WORKER) == shown)
    (worker,) = page.context.service_workers
    assert worker.evaluate(push.CLICKED, "acknowledge") == [f"{web.url}/a/t/"]
    assert page.evaluate(push.SHOWN, push.WORKER) == []
    front = f"{web.url}/notifications/"  # a page that is open there comes to the front
    for said, opened in (
        ("no JSON", "/alerts/"),
        ('{"title": "t", "url": "javascript:alert(1)"}', "/alerts/"),
        ('{"title": "t", "url": "/notifications/"}', f"front: {front}"),
    ):
        push.deliver(page, web.url, said)
        eventually(lambda: len(page.evaluate(push.SHOWN, push.WORKER)) == 1)
        assert worker.evaluate(push.CLICKED, "") == [opened]

    page.click("#this-browser")
    expect(page.locator("#this-browser")).to_have_text("Tell me in this browser")
    assert not Channel.objects.exists()
