/** How an alert stands, and in which order. Twin of alerts/standing.py. Pure; times in ms. */

import { worded } from "../page/language.js";

/**
 * As in `GET /api/v1/alerts/`.
 * @typedef {{id: number, severity: "info"|"warning"|"critical", sentence: string, said: import("../page/language.js").Said, rule: number|null, rule_name: string,
 *   site: {slug: string, name: string}|null, device: string|null, device_name: string, uid: string, series: number|null, metric: string,
 *   unit: string, kind: string|null, precision: number|null, started: number, fired: number, cleared: number|null, value: number|null,
 *   worst: number|null, limit: number|null, worsened: number|null, historic: boolean, flaps: number, cause: number|null, effects: number, comments: number,
 *   acknowledged: number|null, acknowledged_by: string|null, assignee: string|null, snoozed_until: number|null, silenced: boolean,
 *   runbook: string, labels: Record<string, string>}} Alert
 */

/** Worst first. */
export const SEVERITIES = /** @type {const} */ (["critical", "warning", "info"]);
const RANK = new Map(SEVERITIES.map((name, i) => [/** @type {string} */ (name), i]));

/** Somebody takes care of it, or has said when to ask again. @param {Alert} alert @param {number} now */
export const isTaken = (alert, now) => alert.acknowledged !== null || (alert.snoozed_until ?? 0) > now;

/** Whether somebody should look at it. @param {Alert} alert @param {number} now */
export const isOpen = (alert, now) => alert.cleared === null && !isTaken(alert, now);

/** Whether pages count it. @param {Alert} alert @param {number} now */
export const isTold = (alert, now) => isOpen(alert, now) && !alert.silenced;

/** By severity, then by how long they stand. @param {Alert} a @param {Alert} b */
export function byWorst(a, b) {
  return (RANK.get(a.severity) ?? 0) - (RANK.get(b.severity) ?? 0) || a.started - b.started || a.id - b.id;
}

/** Every word of the search is in what it says or is about. @param {Alert} alert @param {string} search */
export function found(alert, search) {
  const text = [worded(alert.said, alert.sentence), alert.sentence, alert.device_name, alert.uid, alert.metric, alert.rule_name].join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
