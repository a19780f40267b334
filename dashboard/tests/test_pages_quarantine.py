"""The quarantine page in a real browser: look, replay, discard, and what leads to the inbox."""

from __future__ import annotations

import re
import time

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.models import Device
from telemetry.live import contract
from telemetry.models import QuarantinedMessage
from tests.browser import announce, chromium, operator, page, tell_until, timers_last
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

UNDO = 6_000  # ms in which an operator may undo a discard


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


def test_a_line_leads_to_the_inbox_while_devices_wait_there(page: Page):
    page.goto("/quarantine/")
    expect(page.locator("#groups-empty")).to_contain_text("Nothing is quarantined")
    line = page.locator("#waiting-line")
    expect(line).to_be_hidden()
    now = timezone.now()
    for uid in ("plug-1", "plug-2"):
        apps.get_model("bridge", "Candidate").objects.create(
            uid=uid, convention="tasmota", topic="t", first_at=now, last_at=now, messages=3
        )
    event = contract.event("inbox", change="waiting", uids=["plug-1", "plug-2"])
    tell_until(lambda: announce(contract.EVENTS_GROUP, event), line.is_visible)
    expect(line).to_have_text("2 devices wait in the inbox")
    line.click()
    page.wait_for_url("**/inbox/")
    expect(page.locator("#waiting li")).to_have_count(2)


def test_replaying_all_stores_the_good_and_keeps_the_bad(page: Page):
    Device.objects.create(uid="pump-7", name="Pump 7")
    quarantine("pump-7", b'{"temperature": 20.5}', "unknown_device")
    quarantine("pump-7", b"temperature=20.5", "malformed_json")
    page.goto("/quarantine/")
    page.get_by_role("button", name="Replay all 2").click()
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("2 replayed: 1 stored with 1 new reading, 1 still bad.")
    left = page.locator("#groups > li")
    expect(left).to_have_count(1)
    left.locator("summary").click()
    message = left.locator(".quarantined li")
    message.locator("summary").click()
    message.get_by_role("button", name="Replay").click()
    expect(message.locator(".said")).to_have_text("1 replayed: 1 still bad.")


def test_a_group_says_what_it_is_and_is_replayed_or_discarded_whole(page: Page):
    timers_last(page, UNDO, 0)
    Device.objects.create(uid="pump-7", name="Pump 7")
    for number in range(3):
        quarantine("pump-7", b'{"temperature": %d}' % number, "disabled_device")
        quarantine("pump-7", b"temperature=20.5", "malformed_json")
    quarantine("", b"x", "unknown_topic")
    page.goto("/quarantine/")
    expect(page.locator("#groups-count")).to_have_text("7 messages in 3 groups")
    replayed = page.locator("#groups > li", has_text="disabled device")
    expect(replayed.locator(".count")).to_have_text("3 messages")
    replayed.locator("summary").click()
    expect(replayed).to_contain_text("What to do: Enable the device, then replay.")
    expect(replayed.locator(".quarantined li")).to_have_count(3)
    replayed.get_by_role("button", name="Replay").first.click()
    expect(replayed.locator(".said").first).to_contain_text("3 stored with 3 new readings.")
    expect(page.locator("#groups-count")).to_have_text("4 messages in 2 groups")
    expect(replayed).to_have_class("is-gone")

    discarded = page.locator("#groups > li", has_text="malformed json")
    discarded.locator("summary").click()
    discarded.get_by_role("button", name="Discard").first.click()
    expect(discarded.locator(".said").first).to_have_text("3 messages discarded.")
    expect(page.locator("#groups-count")).to_have_text("1 message in 1 group")
    assert [each.reason for each in QuarantinedMessage.objects.all()] == ["unknown_topic"]

    nameless = page.locator("#groups > li", has_text="names no device")
    nameless.locator("summary").click()
    expect(nameless.locator(".quarantined li")).to_have_count(1)


def test_groups_are_narrowed_by_reason_and_by_uid(page: Page):
    quarantine("pump-7", b"x", "malformed_json")
    quarantine("pump-8", b"x", "malformed_json")
    quarantine("pump-8", b"online", "bad_status")
    page.goto("/quarantine/?reason=malformed_json")
    rows = page.locator("#groups > li")
    expect(rows).to_have_count(2)
    page.fill("#uid", "-8")
    expect(rows).to_have_count(1)
    expect(page.locator("#replay-all")).to_have_text("Replay all 1 of -8 “malformed json”")
    expect(page).to_have_url(re.compile(r"\?reason=malformed_json&uid=-8$"))
    page.click(".chip >> text=malformed json")
    expect(rows).to_have_count(2)
    page.fill("#uid", "pump-9")
    expect(page.locator("#groups-empty")).to_have_text("Nothing like this is in quarantine.")


def test_a_discard_can_be_undone_until_it_is_carried_out(page: Page):
    timers_last(page, UNDO)
    message = quarantine("pump-7", b"temperature=20.5", "malformed_json")
    page.goto("/quarantine/?reason=malformed_json")
    page.click("#groups summary")
    row = page.locator("#groups .quarantined li")
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


def told(uid: str, reason: str) -> None:
    """As a bridge tells of a message it has quarantined."""
    facts = {"uid": uid, "topic": f"devices/{uid}/telemetry", "reason": reason, "detail": ""}
    at = time.time_ns() // 1_000_000
    announce(contract.EVENTS_GROUP, contract.event("quarantine", **facts, at=at))


def test_what_comes_meanwhile_is_counted_and_moves_nothing_that_is_looked_at(page: Page):
    quarantine("pump-7", b"w", "malformed_json")
    page.goto("/quarantine/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    rows = page.locator("#groups > li")
    expect(rows).to_have_count(1)
    quarantine("pump-7", b"x", "malformed_json")
    told("pump-7", "malformed_json")
    expect(rows.locator(".count")).to_have_text("2 messages")
    rows.locator("summary").click()
    expect(rows.locator(".quarantined li")).to_have_count(2)
    quarantine("pump-7", b"y", "malformed_json")
    quarantine("pump-8", b"z", "malformed_json")
    told("pump-8", "malformed_json")
    expect(page.locator("#newer")).to_have_text("1 new — show")
    expect(rows.locator(".quarantined li")).to_have_count(2)
    page.click("text=New ones came — show")
    expect(rows.locator(".quarantined li")).to_have_count(3)
    page.click("#newer")
    expect(rows).to_have_count(2)
    expect(page.locator("#newer")).to_be_hidden()


def test_the_first_message_that_comes_is_shown_at_once(page: Page):
    page.goto("/quarantine/")
    expect(page.locator("#connection .word")).to_have_text("Live")
    expect(page.locator("#groups-empty")).to_contain_text("Nothing is quarantined")
    quarantine("pump-7", b"x", "malformed_json")
    told("pump-7", "malformed_json")
    expect(page.locator("#groups > li")).to_have_count(1)
    expect(page.locator("#newer")).to_be_hidden()


def test_topics_nobody_reads_are_listed_with_what_was_meant(page: Page):
    page.goto("/quarantine/")
    expect(page.locator("#groups-empty")).to_contain_text("Nothing is quarantined")
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
