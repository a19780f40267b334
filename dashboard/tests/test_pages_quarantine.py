"""The quarantine page in a real browser: look, register, replay, discard."""

from __future__ import annotations

import time

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.models import Device
from telemetry.live import contract
from telemetry.models import QuarantinedMessage, Series
from tests.browser import announce, chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def quarantine(uid: str, payload: bytes, reason: str) -> QuarantinedMessage:
    return QuarantinedMessage.objects.create(
        received_at=timezone.now(),
        topic=f"devices/{uid}/telemetry",
        uid=uid,
        reason=reason,
        detail="as a bridge says it",
        payload=payload,
        payload_size=len(payload),
        worker="bridge-0",
    )


def test_one_click_registers_a_sender_and_stores_what_it_sent(page: Page):
    for value in (20.5, 21.5, 22.5):
        quarantine("pump-7", b'{"temperature": %.1f, "shaft_rpm": 900}' % value, "unknown_device")
    page.goto("/quarantine/")
    sender = page.locator("#senders li", has_text="pump-7")
    expect(sender).to_contain_text("3 messages")
    expect(sender.locator(".tag")).to_have_text(["Temperature", "Shaft RPM"])
    expect(page.locator("#quarantined li")).to_have_count(3)

    sender.get_by_role("button", name="Register").click()
    expect(page.locator(".done")).to_contain_text("3 replayed: 3 stored with 6 new readings.")
    token = page.locator(".token pre").inner_text()
    assert token.startswith("pd_")
    device = Device.objects.get(uid="pump-7")
    assert device.name == "pump-7"
    assert device.token_prefix == token[: len(device.token_prefix)]
    assert Series.objects.filter(device=device).count() == 2
    assert QuarantinedMessage.objects.count() == 0
    expect(page.locator("#quarantine-empty")).to_contain_text("Nothing is quarantined")
    expect(page.locator("#replay-all")).to_be_disabled()

    page.click("text=Open it")
    page.wait_for_url("**/devices/pump-7/")
    card = page.locator(".chart-card", has_text="Temperature")
    expect(card.locator(".value")).to_contain_text("22.5")


def test_replaying_all_stores_the_good_and_keeps_the_bad(page: Page):
    Device.objects.create(uid="pump-7", name="Pump 7")
    quarantine("pump-7", b'{"temperature": 20.5}', "unknown_device")
    quarantine("pump-7", b"temperature=20.5", "malformed_json")
    page.goto("/quarantine/")
    expect(page.locator("#senders-empty")).to_contain_text("None.")
    page.get_by_role("button", name="Replay all 2").click()
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("2 replayed: 1 stored with 1 new reading, 1 still bad.")
    left = page.locator("#quarantined li")
    expect(left).to_have_count(1)
    left.locator("summary").click()
    left.get_by_role("button", name="Replay").click()
    expect(left.locator(".said")).to_have_text("1 replayed: 1 still bad.")


# The six seconds an operator has to undo become a minute, which a busy machine may need.
MORE_TIME = """
const later = window.setTimeout;
window.setTimeout = (task, ms, ...facts) => later(task, ms === 6000 ? 60000 : ms, ...facts);
"""


def test_a_discard_can_be_undone_until_it_is_carried_out(page: Page):
    page.add_init_script(MORE_TIME)
    message = quarantine("pump-7", b"temperature=20.5", "malformed_json")
    page.goto("/quarantine/?reason=malformed_json")
    row = page.locator("#quarantined li")
    row.locator("summary").click()
    row.get_by_role("button", name="Discard").click()
    expect(row.locator(".said")).to_contain_text(f"Message {message.id} is discarded in")
    row.get_by_role("button", name="Undo").click()
    expect(row.locator(".said")).to_have_text("")
    assert QuarantinedMessage.objects.filter(pk=message.pk).exists()
    row.get_by_role("button", name="Discard").click()
    # Leaving the page does not wait for the undo to run out.
    page.goto("/pipeline/")
    gone = QuarantinedMessage.objects.filter(pk=message.pk)
    eventually(lambda: not gone.exists(), what="the message is discarded")


def test_what_comes_meanwhile_is_announced_and_shown_on_demand(page: Page):
    quarantine("pump-7", b"w", "malformed_json")
    page.goto("/quarantine/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    expect(page.locator("#quarantined li")).to_have_count(1)
    quarantine("pump-7", b"x", "malformed_json")
    facts = {"uid": "pump-7", "topic": "devices/pump-7/telemetry", "reason": "malformed_json"}
    at = time.time_ns() // 1_000_000
    announce(contract.EVENTS_GROUP, contract.event("quarantine", **facts, detail="", at=at))
    expect(page.locator("#newer")).to_have_text("1 new — show")
    page.click("#newer")
    expect(page.locator("#quarantined li")).to_have_count(2)
    expect(page.locator("#newer")).to_be_hidden()


def test_the_first_message_that_comes_is_shown_at_once(page: Page):
    page.goto("/quarantine/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    expect(page.locator("#quarantine-empty")).to_contain_text("Nothing is quarantined")
    quarantine("pump-7", b"x", "malformed_json")
    facts = {"uid": "pump-7", "topic": "devices/pump-7/telemetry", "reason": "malformed_json"}
    at = time.time_ns() // 1_000_000
    announce(contract.EVENTS_GROUP, contract.event("quarantine", **facts, detail="", at=at))
    expect(page.locator("#quarantined li")).to_have_count(1)
    expect(page.locator("#newer")).to_be_hidden()


def test_topics_nobody_reads_are_listed_with_what_was_meant(page: Page):
    page.goto("/quarantine/")
    expect(page.locator("#senders-empty")).to_contain_text("None.")
    expect(page.locator("#unread")).to_be_hidden()
    ignored = apps.get_model("bridge", "IgnoredMessages").objects
    now = timezone.now()
    for topic, messages in (("devices/pump-7/telemetry/", 1200), ("v1/devices/me/telemetry", 1)):
        ignored.create(
            reason="unread_topic", subject=topic, messages=messages, first_at=now, last_at=now
        )
    page.reload()
    expect(page.locator("#unread-count")).to_have_text("1201 messages on 2 topics")
    mistyped = page.locator("#unread-topics li", has_text="devices/pump-7/telemetry/")
    expect(mistyped).to_contain_text("1200 messages")
    expect(mistyped.locator(".what")).to_have_text("Did you mean devices/pump-7/telemetry?")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_unregistered_sender_can_be_shown(page: Page):
    for number in range(205):
        quarantine(f"pump-{number:03}", b'{"t":1}', "unknown_device")
    page.goto("/quarantine/")
    senders = page.locator("#senders li")
    expect(senders).to_have_count(200)
    expect(page.locator("#unregistered-count")).to_have_text("205 senders, 200 shown")
    page.get_by_role("button", name="Show more").click()
    expect(senders).to_have_count(205)
    expect(page.locator("#unregistered-count")).to_have_text("205 senders")
    expect(page.locator("#senders-more")).to_be_hidden()
