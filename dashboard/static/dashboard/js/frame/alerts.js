/** Alerts on every page: how many are open beside their name in the rail, in the title and the icon; a sound for who asked for one. */

import { byId } from "../page/element.js";
import { connection, keepRead } from "../live/live.js";
import { Current } from "../alerts/current.js";
import { get } from "../page/rest.js";
import { serverNow } from "../time/clock.js";
import { setAlerts, setCount } from "./badge.js";
import { sound, wireSound } from "./sound.js";

export const current = new Current({ get, now: serverNow, later: (f, ms) => setTimeout(f, ms), hidden: () => document.hidden });

function show() {
  const { open } = current;
  setCount(byId("alerts-count"), open);
  const isWorse = current.of("open").some((alert) => alert.severity === "critical" && !alert.silenced);
  byId("alerts-count").classList.toggle("is-critical", isWorse);
  setAlerts(open);
}

export function showAlerts() {
  if (!document.getElementById("alerts-count")) return;
  wireSound();
  connection.on("alert", (message) => current.hear(message));
  document.addEventListener("visibilitychange", () => !document.hidden && current.read());
  current.addEventListener("changed", show);
  current.addEventListener("fired", (event) => sound(/** @type {CustomEvent} */ (event).detail));
  setInterval(show, 1000); // a snooze ends by the clock alone
  current.start(keepRead([], () => current.read()));
}
