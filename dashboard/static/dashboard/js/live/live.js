/** The page's connection in a real browser: its socket, its tab's visibility, its network. */

import { serverNow, synchronise } from "../time/clock.js";
import { keepRead as keep } from "./keep-read.js";
import { LiveConnection } from "./connection.js";
import { isBlind } from "./news.js";
import { askAgain, stopAsking } from "../page/gone.js";

const scheme = location.protocol === "https:" ? "wss:" : "ws:";

export const connection = new LiveConnection(`${scheme}//${location.host}/ws/live/`, {
  open: (url) => new WebSocket(url),
  now: () => Date.now(),
  random: Math.random,
  later: (f, ms) => setTimeout(f, ms),
  cancel: (timer) => clearTimeout(timer),
  drawn: (f) => requestAnimationFrame(f),
  online: () => navigator.onLine,
});

for (const word of ["hello", "beat"]) connection.on(word, ({ now }) => synchronise(now));
// First of all who hear it: what it has them ask is not asked for what is gone.
connection.on("device", ({ change, device }) => (change === "deleted" ? stopAsking : askAgain)("device", device.uid));
connection.on("site", ({ change, slug }) => (change === "deleted" ? stopAsking : askAgain)("site", slug));
connection.on("state", (state) => {
  if (state === "logged out") location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
});
document.addEventListener("visibilitychange", () => (document.hidden ? connection.sleep() : connection.wake()));
addEventListener("online", () => connection.hurry());
addEventListener("pagehide", () => connection.sleep());
if (document.hidden) connection.sleep();

/** @param {string[]} events @param {() => unknown} read @param {() => unknown} [first] where that is another */
export const keepRead = (events, read, first) => keep(connection, events, read, first);

/** The server's time when this page last heard anything of it. */
export function heardAt() {
  return serverNow() - Math.max(0, Date.now() - connection.news.heard);
}

/** Up to when a device's silence is its own. Judge devices at this time, never at the present. */
export function judgedAt() {
  return connection.news.until ?? heardAt();
}

/** Whether nothing can be said of devices now. */
export function isUnknown() {
  return isBlind(connection.trouble());
}

/** Up to when a chart may show that nothing came: now, unless something keeps us from knowing. */
export function knownUntil() {
  return isUnknown() ? Math.min(judgedAt(), serverNow()) : serverNow();
}
