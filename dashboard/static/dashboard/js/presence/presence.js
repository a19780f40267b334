/**
 * What a device's connection state is, judged from what is known of it and the present time.
 * Twin of devices/presence.py; devices/tests/presence_cases.json binds both.
 */

import { t, tn } from "../page/language.js";

const LATE_INTERVALS = 2;
const LATE_GRACE = 2_000; // ms
const SILENT_INTERVALS = 5;
export const MIN_SILENT_AFTER = 10_000; // ms

/** Worst first; also the order of the filter chips. `alert`: something of it is open, whatever its connection; `limit`: a value is beyond a
 * threshold; `sensors`: heard from, but not of all it measures. */
export const STATES = /** @type {const} */ (["alert", "limit", "offline", "silent", "sensors", "late", "online", "waiting", "disabled"]);
/** States somebody should look at. */
export const PROBLEMS = new Set(["alert", "limit", "offline", "silent", "sensors"]);
export const WORDS = {
  alert: t("Alert"), limit: t("Beyond limit"), online: t("Online"), late: t("Late"), silent: t("Silent"), sensors: t("Sensor silent"), offline: t("Offline"), waiting: t("Waiting"), disabled: t("Disabled"),
};
/** Where nothing can be known of any device. */
export const UNKNOWN = t("Not known");
/** Text and boolean series often come only on change. */
export const JUDGED_KINDS = new Set(["gauge", "counter"]);

const MAX_AHEAD = 5_000; // ms a reading may be ahead of its device's clock and still be its newest

/**
 * Whether a reading is ahead even of its device's clock: a time stamp that is wrong, which must not stay the
 * newest until that time comes.
 * @param {number} at @param {number} lead ms that clock is ahead of ours @param {number} now
 */
export const isAhead = (at, lead, now) => at > now + Math.max(0, lead) + MAX_AHEAD;
/** @param {number} seconds */
export const lateAfter = (seconds) => Math.floor(LATE_INTERVALS * seconds * 1000) + LATE_GRACE;
/** @param {number} seconds */
export const silentAfter = (seconds) => Math.max(Math.floor(SILENT_INTERVALS * seconds * 1000), MIN_SILENT_AFTER);

/** While something keeps us from knowing: whether this one was heard all the same, and its next word is not due yet.
 * @param {number|null} heard ms @param {number} until up to when everybody is known @param {number} interval seconds @param {number} now */
export const isHeardSince = (heard, until, interval, now) => heard !== null && heard > until && now - heard <= lateAfter(interval);

/**
 * @typedef {{name: "online"|"late"|"silent"|"offline"|"waiting", since: number|null,
 *   evidence: "telemetry"|"status"|"reading"|"none"}} State
 * @typedef {{connection: string, since: number|null, last_seen: number|null}} Presence
 */

/**
 * Telemetry newer than an `offline` outweighs it: a retained last will of an old session can arrive
 * after the device is back.
 * @param {Presence} presence @param {number} expectedInterval seconds @param {number} now
 * @returns {State}
 */
export function judge({ connection, since, last_seen: lastSeen }, expectedInterval, now) {
  if (connection === "offline" && (lastSeen === null || since === null || lastSeen <= since)) {
    return { name: "offline", since, evidence: "status" };
  }
  const onlineSince = connection === "online" ? since : null;
  const byTelemetry = lastSeen !== null && (onlineSince === null || lastSeen >= onlineSince);
  const heard = byTelemetry ? lastSeen : onlineSince;
  const evidence = byTelemetry ? "telemetry" : "status";
  if (heard === null) {
    return connection === "online"
      ? { name: "online", since: null, evidence: "status" }
      : { name: "waiting", since: null, evidence: "none" };
  }
  const silent = silentAfter(expectedInterval);
  const late = lateAfter(expectedInterval);
  if (now - heard > silent) return { name: "silent", since: heard + silent, evidence };
  if (now - heard > late) return { name: "late", since: heard + late, evidence };
  return { name: "online", since: onlineSince, evidence };
}

/**
 * One series of a device, so that a live gateway does not hide a dead sensor.
 * @param {number|null} latest time of its newest reading, by the device's clock
 * @param {{lead: number, lastSeen: number|null}} device how far that clock is ahead of ours, ms, and when the
 *   device was last heard by ours: nothing was heard after that
 * @param {number} interval seconds, the series' own @param {number} now @returns {State}
 */
export function judgeSeries(latest, { lead, lastSeen }, interval, now) {
  if (latest === null) return { name: "waiting", since: null, evidence: "none" };
  const heard = Math.min(Math.floor(latest) - lead, lastSeen ?? Infinity);
  const silent = silentAfter(interval);
  const late = lateAfter(interval);
  if (now - heard > silent) return { name: "silent", since: heard + silent, evidence: "reading" };
  if (now - heard > late) return { name: "late", since: heard + late, evidence: "reading" };
  return { name: "online", since: null, evidence: "reading" };
}

/** "Alert", "Alert · offline". @param {string} word of its connection */
export const withAlert = (word) => (word === WORDS.online ? WORDS.alert : `${WORDS.alert} · ${word.toLowerCase()}`);

/** "Beyond limit · Late". @param {string} word of its connection */
export const withLimit = (word) => (word === WORDS.online ? WORDS.limit : `${WORDS.limit} · ${word}`);

/** "Online · 1 sensor silent". @param {string} state @param {number} silent how many */
export function withSensors(state, silent) {
  const word = /** @type {any} */ (WORDS)[state];
  return silent ? tn("{state} · {n} sensor silent", "{state} · {n} sensors silent", silent, { state: word, n: silent }) : word;
}
