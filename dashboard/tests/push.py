"""Web Push in the tests' browser: what its push service does, and what it shows."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.waiting import eventually

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
