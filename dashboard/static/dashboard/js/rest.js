/** Reading from the REST API with the viewer's session. */

import { synchronise } from "./clock.js";

export class RestError extends Error {
  /** @param {number} status 0 when there was no answer @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, signal) {
  let response;
  try {
    response = await fetch(path, { headers: { Accept: "application/json" }, credentials: "same-origin", signal });
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new RestError(0, "The server does not answer.");
  }
  if (response.status === 401 || response.status === 403) {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new RestError(response.status, "Logged out.");
  }
  if (!response.ok) throw new RestError(response.status, `The server answered ${response.status}.`);
  const body = await response.json();
  if (typeof body.now === "number") synchronise(body.now);
  return body;
}

/** @param {string} uid */
export const devicePath = (uid) => `/api/v1/devices/${encodeURIComponent(uid)}`;
