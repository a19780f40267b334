/** Asking the server with the viewer's session: the REST API, and pages. */

import { synchronise } from "../time/clock.js";
import { t } from "./language.js";
import { pressOver } from "./press.js";
import { whileThere } from "./gone.js";

const KEPT_ALIVE = 20_000; // characters of a body: at most 60 000 bytes of the 64 KiB that Fetch allows

export class RestError extends Error {
  /** @param {number} status 0 when there was no answer @param {string} message @param {any} [body] what was answered */
  constructor(status, message, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, signal) {
  const body = await whileThere(path, signal, (either) => answer(path, { headers: { Accept: "application/json" }, signal: either }));
  if (typeof body.now === "number") synchronise(body.now);
  await pressOver();
  signal?.throwIfAborted(); // meanwhile
  return body;
}

/** A page of ours as it would be loaded now, inert: no script of it runs. @param {string} path @returns {Promise<Document>} */
export async function page(path) {
  const found = await whileThere(path, undefined, (signal) => loaded(path, signal));
  await pressOver();
  return found;
}

async function loaded(/** @type {string} */ path, /** @type {AbortSignal} */ signal) {
  const response = await reach(path, { headers: { Accept: "text/html" }, signal });
  if (response.redirected) {
    location.assign(response.url); // to the login
    throw new RestError(response.status, t("Logged out."));
  }
  if (!response.ok) throw new RestError(response.status, t("The server answered {status}.", { status: response.status }));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** What shows the server that a page of ours sends. @returns {string} */
export function csrfToken() {
  return /** @type {HTMLInputElement|null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
}

/** @param {"POST"|"PUT"|"PATCH"|"DELETE"} method @param {string} path @param {any} [body] @returns {Promise<any>} */
export function send(method, path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const text = body === undefined ? undefined : JSON.stringify(body);
  // keepalive: it is carried out although the page is left. A browser does so for small ones only.
  return answer(path, { method, headers, keepalive: (text?.length ?? 0) < KEPT_ALIVE, body: text });
}

/** Send a file as it is. @param {string} path @param {Blob} file @returns {Promise<any>} */
export function sendFile(path, file) {
  return answer(path, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": csrfToken() }, body: file });
}

async function reach(/** @type {string} */ path, /** @type {RequestInit} */ options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new RestError(0, t("The server does not answer."));
  }
}

async function answer(/** @type {string} */ path, /** @type {RequestInit} */ options) {
  const response = await reach(path, options);
  if (response.status === 401 || (response.status === 403 && !options.method)) {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new RestError(response.status, t("Logged out."));
  }
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new RestError(response.status, reason(body) || t("The server answered {status}.", { status: response.status }), body);
  }
  return response.status === 204 ? null : response.json();
}

/** What a refusal says: `detail`, or each field's complaint. @param {any} body */
function reason(body) {
  if (typeof body?.detail === "string") return body.detail;
  return Object.entries(body ?? {}).map(([field, said]) => `${field}: ${[said].flat().join(" ")}`).join(" ");
}

/** @param {string} uid */
export const devicePath = (uid) => `/api/v1/devices/${encodeURIComponent(uid)}`;
