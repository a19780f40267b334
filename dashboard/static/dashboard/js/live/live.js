/** The page's connection in a real browser: its socket, its tab's visibility, its network. */

import { serverNow, synchronise } from "../time/clock.js";
import { LiveConnection } from "./connection.js";

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

connection.on("hello", (message) => synchronise(message.now));
connection.on("state", (state) => {
  if (state === "logged out") location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
});
document.addEventListener("visibilitychange", () => (document.hidden ? connection.sleep() : connection.wake()));
addEventListener("online", () => connection.hurry());
addEventListener("pagehide", () => connection.sleep());
if (document.hidden) connection.sleep();

/** The time up to which this page knows what happened: now while live, the last live moment otherwise. */
export function knownUntil() {
  const known = connection.state === "live" || connection.state === "catching up";
  return known || connection.lastLive === 0 ? serverNow() : serverNow() - (Date.now() - connection.lastLive);
}
