"""The rules page in a real browser: written with a preview, saved, ordered, and decoded again."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.models import Device
from telemetry.models import QuarantinedMessage, Series
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

DecodeRule = apps.get_model("bridge", "DecodeRule")


def kept(topic: str, payload: bytes) -> QuarantinedMessage:
    return QuarantinedMessage.objects.create(
        received_at=timezone.now(), topic=topic, reason="unknown_topic", payload=payload,
        payload_size=len(payload),
    )  # fmt: skip


def test_a_rule_is_written_with_a_preview_saved_and_decodes_what_was_kept(page: Page):
    Device.objects.create(uid="press-7", name="press-7")
    kept("plant/hall-2/press-7/up", b'{"temp": 234, "door": 1}')
    page.goto("/rules/")
    expect(page.locator("#rules-empty")).to_contain_text("No rule yet")
    page.keyboard.press("n")
    expect(page.locator("[name=name]")).to_be_focused()
    page.fill("[name=name]", "Presses")
    page.fill("[name=topic]", "plant/{site}/+/up")
    # A mistake stands beside its field.
    expect(page.locator("[data-field=device] + .error")).to_contain_text("capture {device}")
    page.fill("[name=topic]", "plant/{site}/{device}/up")
    sample = page.locator("#samples li")
    expect(sample).to_have_attribute("data-verdict", "stored")
    expect(sample.locator(".device")).to_contain_text("press-7")
    expect(sample.locator(".readings")).to_contain_text("234")
    page.click("#add-value")
    page.fill("[data-field='values.0.path']", "temp")
    page.fill("[data-field='values.0.metric']", "temperature")
    page.fill("[data-field='values.0.scale']", "lots")
    expect(page.locator("[data-field='values.0.scale'] + .error")).to_have_text("Write a number.")
    page.fill("[data-field='values.0.scale']", "0.1")
    page.fill("[data-field='values.0.unit']", "C")
    expect(sample.locator(".readings")).to_contain_text("23.4")
    sample.get_by_role("button", name="Keep as a test").click()
    expect(page.locator("#samples li").first).to_contain_text("as expected")
    page.click("#save")
    expect(page.locator("#outcome")).to_contain_text("1 message in quarantine")
    page.get_by_role("button", name="Decode again").click()
    expect(page.locator("#outcome")).to_contain_text("1 stored with 1 new reading")
    assert QuarantinedMessage.objects.count() == 0
    assert Series.objects.get(device__uid="press-7").unit == "°C"
    rule = DecodeRule.objects.get()
    assert rule.definition == {
        "topic": "plant/{site}/{device}/up",
        "values": [{"path": "temp", "metric": "temperature", "unit": "C", "scale": 0.1}],
    }
    assert rule.samples[0]["expected"] == {"press-7": {"temperature": 23.4}}
    # A reload shows it as it is saved, and the test still holds.
    page.goto(f"/rules/?rule={rule.pk}")
    expect(page.locator("[data-field='values.0.metric']")).to_have_value("temperature")
    expect(page.locator("#samples li").first).to_contain_text("as expected")


def test_rules_are_put_in_order_and_other_pages_follow(page: Page):
    for at, name in enumerate(("a", "b")):
        DecodeRule.objects.create(
            name=name, position=at, definition={"topic": f"{name}/{{device}}"}
        )
    page.goto("/rules/")
    expect(page.locator("#rules b")).to_have_text(["a", "b"])
    other = page.context.new_page()
    other.goto("/rules/")
    expect(other.locator("#connection")).to_have_attribute("data-state", "online")
    page.get_by_role("button", name="Move down a").click()
    expect(page.locator("#rules b")).to_have_text(["b", "a"])
    expect(other.locator("#rules b")).to_have_text(["b", "a"])
    page.get_by_role("switch", name="On: a").click()
    expect(page.get_by_role("switch", name="Off: a")).to_have_text("Off")
    eventually(lambda: not DecodeRule.objects.get(name="a").enabled)
    # What is open is as it was saved elsewhere, unless somebody writes in it here.
    for each in (page, other):
        each.get_by_role("button", name="b b/{device}").click()
    other.fill("[name=name]", "c")
    other.click("#save")
    expect(page.locator("[name=name]")).to_have_value("c")
    page.fill("[name=name]", "mine")
    other.fill("[name=name]", "theirs")
    other.click("#save")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Show theirs").click()
    expect(page.locator("[name=name]")).to_have_value("theirs")
    expect(page.locator("#changed")).to_be_empty()


def test_what_the_fields_cannot_hold_stays_json(page: Page):
    definition = {"topic": "a/{device}", "ignore": ["a,b"]}
    rule = DecodeRule.objects.create(name="a", position=0, definition=definition)
    page.goto(f"/rules/?rule={rule.pk}")
    expect(page.locator("#json")).to_be_visible()
    page.click("#as-json")
    expect(page.locator("#json + .error")).to_contain_text("cannot hold")
    page.fill("#json", "{")
    expect(page.locator("#json + .error")).to_have_text("This is no JSON.")
    page.fill("#json", '{"topic": "a/{device}", "ignore": ["a"]}')
    page.click("#as-json")
    expect(page.locator("[name=ignore]")).to_have_value("a")
    page.click("#save")
    eventually(lambda: DecodeRule.objects.get().definition["ignore"] == ["a"])
