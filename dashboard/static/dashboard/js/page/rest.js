/** Asking the server with the viewer's session: the REST API, and pages. */

import { synchronise } from "../time/clock.js";

export class RestError extends Error {
  /** @param {number} status 0 when there was no answer @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, signal) {
  const body = await answer(path, { headers: { Accept: "application/json" }, signal });
  if (typeof body.now === "number") synchronise(body.now);
  return body;
}

/** A page of ours as it would be loaded now, inert: no script of it runs. @param {string} path @returns {Promise<Document>} */
export async function page(path) {
  const response = await reach(path, { headers: { Accept: "text/html" } });
  if (response.redirected) {
    location.assign(response.url); // to the login
    throw new RestError(response.status, "Logged out.");
  }
  if (!response.ok) throw new RestError(response.status, `The server answered ${response.status}.`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** @param {"POST"|"DELETE"} method @param {string} path @param {any} [body] @returns {Promise<any>} */
export function send(method, path, body) {
  const token = /** @type {HTMLInputElement|null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  // keepalive: it is carried out although the page is left.
  return answer(path, { method, headers, keepalive: true, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function reach(/** @type {string} */ path, /** @type {RequestInit} */ options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new RestError(0, "The server does not answer.");
  }
}

async function answer(/** @type {string} */ path, /** @type {RequestInit} */ options) {
  const response = await reach(path, options);
  if (response.status === 401 || (response.status === 403 && !options.method)) {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new RestError(response.status, "Logged out.");
  }
  if (!response.ok) throw new RestError(response.status, (await reason(response)) || `The server answered ${response.status}.`);
  return response.status === 204 ? null : response.json();
}

/** What a refusal says: `detail`, or each field's complaint. @param {Response} response */
async function reason(response) {
  try {
    const body = await response.json();
    if (typeof body.detail === "string") return body.detail;
    return Object.entries(body).map(([field, said]) => `${field}: ${[said].flat().join(" ")}`).join(" ");
  } catch {
    return "";
  }
}

/** @param {string} uid */
export const devicePath = (uid) => `/api/v1/devices/${encodeURIComponent(uid)}`;
