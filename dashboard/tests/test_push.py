"""A browser subscribes, shows what it is told while no page asks, and leads to the alert."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from notifications.channels import web_push
from notifications.models import Channel
from notifications.tests import made
from notifications.tests.test_web_push import Browser
from tests.browser import chromium, operator, page
from tests.waiting import eventually
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

MODULE = "/static/dashboard/js/push/subscribe.js"
WORKER = "/static/dashboard/js/push/worker.js"
# A browser's push service is a company's, and away here: this stands for what it gives a browser.
SERVICE = """facts => {
  let there = null;
  const endpoint = facts.endpoint;
  const make = ({ applicationServerKey: key }) => (there = {
    options: { applicationServerKey: Uint8Array.from(
      atob(key.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0)).buffer },
    toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: facts.p256dh, auth: facts.auth } }),
    unsubscribe: async () => { there = null; },
  });
  PushManager.prototype.subscribe = async (options) => there ?? make(options);
  PushManager.prototype.getSubscription = async () => there;
}"""  # noqa: E501
SHOWN = """async worker => {
  const found = await navigator.serviceWorker.getRegistration(worker);
  return (await found.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
}"""
CLICKED = """async action => {
  const opened = [];
  self.clients.openWindow = async (address) => opened.push(address);
  WindowClient.prototype.focus = async function () { opened.push(`front: ${this.url}`); };
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification, action });
  event.waitUntil = (work) => { event.work = work; };
  self.dispatchEvent(event);
  await event.work;
  return opened;
}"""


def test_a_browser_is_told(page: Page, web: WebProcess, operator: User) -> None:
    page.context.grant_permissions(["notifications"], origin=web.url)
    page.goto("/alerts/")
    browser = Browser()
    page.evaluate(SERVICE, browser.facts())
    module = f"import('{MODULE}')"
    assert page.evaluate(f"async () => (await {module}).obstacle()") == ""
    for _ in range(2):
        new = page.evaluate(f"async () => (await {module}).subscribe('Chromium')")
        channel = Channel.objects.get()
        assert (new["id"], channel.owner, channel.name) == (channel.pk, operator, "Chromium")

    content = made.content(url=f"{web.url}/alerts/?alert=12", acknowledge_url=f"{web.url}/a/token/")
    told = browser.read(web_push.request(browser.facts(), content, "token", 1).body)
    deliver(page, web.url, json.dumps(told))
    expected = [{"title": f"🔴 {content.subject}", "body": content.sentence, "tag": told["tag"]}]
    eventually(lambda: page.evaluate(SHOWN, WORKER) == expected)
    (worker,) = page.context.service_workers
    assert worker.evaluate(CLICKED, "acknowledge") == [f"{web.url}/a/token/"]
    assert page.evaluate(SHOWN, WORKER) == []

    for said in ("no JSON", '{"title": "t", "url": "javascript:alert(1)"}'):
        deliver(page, web.url, said)
        eventually(lambda: len(page.evaluate(SHOWN, WORKER)) == 1)
        assert worker.evaluate(CLICKED, "") == [f"front: {web.url}/alerts/"]  # it is open

    page.evaluate(f"async () => (await {module}).unsubscribe()")
    assert not Channel.objects.exists()
    assert page.evaluate(f"async () => (await {module}).subscribed()") is None


def deliver(page: Page, origin: str, data: str) -> None:
    """As the push service would."""
    session = page.context.new_cdp_session(page)
    found: list[Any] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"])
    )
    session.send("ServiceWorker.enable")

    def known() -> bool:
        page.evaluate("1")  # lets the session hear
        return bool(found)

    eventually(known)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": found[-1]["registrationId"], "data": data},
    )
    session.detach()
