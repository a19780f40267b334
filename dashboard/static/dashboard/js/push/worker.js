/**
 * What a browser runs when it is told of an alert while no page of ours is open. `push/subscribe.js` registers it, under an address
 * without the digest of the static files: with another address it would be another worker, and the subscription lost.
 */

// A classic script, for browsers without modules in workers; so nothing is imported. Its types are not among those of a page.
const worker = /** @type {any} */ (self);
const HOME = "/alerts/"; // where a notification without an address of its own leads

/** The address when it is one of the web. @param {unknown} address */
function web(address) {
  try {
    const found = new URL(String(address), worker.location.origin);
    return address && /^https?:$/.test(found.protocol) ? found.href : "";
  } catch {
    return "";
  }
}

/** Something is always shown: a browser takes the subscription away from who is told and shows nothing. @param {any} event */
function show(event) {
  let told;
  try {
    told = event.data.json();
  } catch {
    told = { title: "Pulseboard", body: "Something is to be seen." };
  }
  const acknowledge = web(told.acknowledge_url);
  return worker.registration.showNotification(String(told.title), {
    body: String(told.body ?? ""),
    tag: String(told.tag ?? ""),
    renotify: Boolean(told.tag),
    requireInteraction: told.severity === "critical",
    data: { open: web(told.url) || HOME, acknowledge },
    actions: acknowledge ? [{ action: "acknowledge", title: "Acknowledge" }] : [],
  });
}

/** A page of ours that is open there already comes to the front. @param {string} address */
async function open(address) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((/** @type {any} */ page) => page.url === new URL(address, worker.location.origin).href);
  return there ? there.focus() : worker.clients.openWindow(address);
}

worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(event)));
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const { open: page, acknowledge } = event.notification.data;
  event.waitUntil(open(event.action === "acknowledge" ? acknowledge : page));
});
