/** Where an alert leads to. Pure; times in ms. */

import { MINUTE } from "../time/zone.js";

const AROUND = 30 * MINUTE; // beside the start

/** To its device at its start; of what has none, to the alert. @param {import("./standing.js").Alert} alert @param {number} now */
export function wayTo({ id, device, started }, now) {
  if (device === null) return `/alerts/?alert=${id}`;
  return wayToMoment(device, started, now);
}

/** To a device at a moment. @param {string} uid @param {number} at @param {number} now */
export function wayToMoment(uid, at, now) {
  return `/devices/${encodeURIComponent(uid)}/?window=1h&from=${Math.round(at - AROUND)}&to=${Math.round(Math.min(now, at + AROUND))}`;
}
