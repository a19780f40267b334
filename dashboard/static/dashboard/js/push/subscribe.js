/** Has this browser be told of alerts, also while no page is open, or not any more. */

import { get, send } from "../page/rest.js";
import { t } from "../page/language.js";

const WORKER = "/static/dashboard/js/push/worker.js"; // without the digest, see there
const PATH = "/api/v1/web-push/";

/** Why this browser cannot, "" when it can. @returns {string} */
export function obstacle() {
  if (!window.isSecureContext) return t("Browsers allow it only over HTTPS.");
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return t("This browser cannot.");
  if (Notification.permission === "denied") return t("It is forbidden in this browser's settings for this page.");
  return "";
}

/** Its subscription, null for none. @returns {Promise<PushSubscription|null>} */
export async function subscribed() {
  if (obstacle()) return null;
  const found = await navigator.serviceWorker.getRegistration(WORKER);
  return (await found?.pushManager.getSubscription()) ?? null;
}

/**
 * Asks the person, and the browser's push service. Call it in a click: otherwise browsers do not ask.
 * @param {string} name what to call this browser @returns {Promise<{id: number, name: string}|null>} its channel; null: the person said no
 */
export async function subscribe(name) {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const { key } = await get(PATH);
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await active();
  const there = await pushManager.getSubscription();
  // One for an earlier key of ours: nobody can tell it anything any more.
  if (there && base64(there.options.applicationServerKey) !== key) await there.unsubscribe();
  return announce(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), name);
}

/** Ends the subscription and deletes its channel. @returns {Promise<void>} */
export async function unsubscribe() {
  const there = await subscribed();
  if (!there) return;
  const { id } = await announce(there, t("This browser"));
  await send("DELETE", `/api/v1/channels/${id}/`);
  await there.unsubscribe();
}

/** The same browser again gives the same channel. @param {PushSubscription} subscription @param {string} name */
function announce(subscription, name) {
  return send("POST", PATH, { ...subscription.toJSON(), name });
}

/** The registration once its worker runs; `ready` would wait for one that controls this page. @returns {Promise<ServiceWorkerRegistration>} */
async function active() {
  const found = /** @type {ServiceWorkerRegistration} */ (await navigator.serviceWorker.getRegistration(WORKER));
  const coming = found.installing ?? found.waiting;
  if (found.active || !coming) return found;
  await new Promise((resolve) => coming.addEventListener("statechange", () => coming.state === "activated" && resolve(null)));
  return found;
}

/** @param {ArrayBuffer|null} raw @returns {string} as REST gives a key */
function base64(raw) {
  const text = btoa(String.fromCharCode(...new Uint8Array(raw ?? new ArrayBuffer(0))));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
