/**
 * What a device's connection state is, judged from what is known of it and the present time.
 * Twin of devices/presence.py; devices/tests/presence_cases.json binds both.
 */

const LATE_INTERVALS = 2;
const LATE_GRACE = 2_000; // ms
const SILENT_INTERVALS = 5;
const MIN_SILENT_AFTER = 10_000; // ms

/** Worst first; also the order of the filter chips. */
export const STATES = /** @type {const} */ (["offline", "silent", "late", "online", "waiting", "disabled"]);
/** States somebody should look at. */
export const PROBLEMS = new Set(["offline", "silent"]);
export const WORDS = {
  online: "Online", late: "Late", silent: "Silent", offline: "Offline", waiting: "Waiting", disabled: "Disabled",
};

/** @param {number} seconds */
export const lateAfter = (seconds) => Math.floor(LATE_INTERVALS * seconds * 1000) + LATE_GRACE;
/** @param {number} seconds */
export const silentAfter = (seconds) => Math.max(Math.floor(SILENT_INTERVALS * seconds * 1000), MIN_SILENT_AFTER);

/**
 * @typedef {{name: "online"|"late"|"silent"|"offline"|"waiting", since: number|null,
 *   evidence: "telemetry"|"status"|"none"}} State
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
