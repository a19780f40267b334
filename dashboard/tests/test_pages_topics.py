"""The topic browser in a real browser: what flows, who reads it, and what is listened to."""

from __future__ import annotations

import base64
import time

import pytest
from django.apps import apps
from playwright.sync_api import Page, expect

from telemetry.live import traffic_log
from tests.browser import chromium, operator, page, tell_until
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def flow(topic: str, payload: bytes, messages: int) -> None:
    """As a bridge tells it."""
    now = time.time_ns() // 1_000_000
    entry = {
        "topic": topic, "messages": messages, "since": now - 1_000, "at": now,
        "size": len(payload), "payload": base64.b64encode(payload).decode(), "retained": False,
        "verdict": "stored", "detail": "", "uids": ["plug-1"],
    }  # fmt: skip
    traffic_log.record("bridge-t", [entry], afresh=False)


def test_what_flows_is_a_tree_and_each_topic_says_who_reads_it(page: Page):
    payload = b'{"Time":"2026-11-27T18:00:00","ENERGY":{"Power":12.5}}'
    page.goto("/topics/")
    row = page.locator("#topics [data-path='tele/plug-1/SENSOR'] button")
    tell_until(lambda: flow("tele/plug-1/SENSOR", payload, 7), lambda: row.count() == 1)
    eventually(traffic_log.is_watched, what="the bridges are asked to count")
    flow("tele/plug-1/SENSOR", payload, 7)
    row.click()
    expect(page.locator("#detail")).to_contain_text("read by tasmota")
    expect(page.locator("#detail .readings")).to_contain_text("12.5")
    expect(page.locator("#detail .why li").first).to_contain_text("It reads this message.")
    page.fill("#search", "nothing like it")
    expect(page.locator("#topics-empty")).to_have_text("No topic is like this.")
    page.fill("#search", "plug")
    expect(row).to_be_visible()
    page.get_by_role("link", name="Write a rule for it").click()
    expect(page.locator("[name=topic]")).to_have_value("tele/plug-1/SENSOR")


def test_the_bridge_is_told_to_listen_to_another_filter(page: Page):
    page.goto("/topics/")
    page.fill("#listen-to", "plant/#")
    page.click("#listen button")
    own = page.locator("#own-filters li")
    expect(own).to_contain_text("plant/#")
    expect(page.locator("#listens")).to_contain_text("plant/#")
    own.get_by_role("button").click()
    expect(own).to_have_count(0)
    eventually(lambda: not apps.get_model("bridge", "TopicFilter").objects.exists())
