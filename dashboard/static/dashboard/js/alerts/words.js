/** What the page of alerts says, in words. Pure; times in ms. */

import { bare, duration, number, THIN } from "../page/format.js";
import { hourAndMinute, WEEKDAYS, when } from "../time/moment.js";

export const SEVERITY = { critical: "Critical", warning: "Warning", info: "Info" };

/** Whole seconds. @param {number} ms */
export const lasting = (ms) => duration(Math.max(1000, Math.floor(ms / 1000) * 1000));

/** "12 min" it stands, or "12 min, until 09:12". @param {import("./standing.js").Alert} alert @param {number} now */
export function stood({ started, cleared }, now) {
  return cleared === null ? lasting(now - started) : `${lasting(cleared - started)}, until ${when(cleared, now)}`;
}

/** What is being done about it, or "". @param {import("./standing.js").Alert} alert @param {number} now */
export function care(alert, now) {
  const owner = alert.assignee ?? alert.acknowledged_by;
  if (alert.cleared === null && (alert.snoozed_until ?? 0) > now) return `${owner ? `${owner} · ` : ""}snoozed until ${when(/** @type {number} */ (alert.snoozed_until), now)}`;
  if (owner) return owner;
  return alert.silenced ? "silenced" : "";
}

/** A value with its unit, as the series writes it. @param {number|string|null} value @param {{unit: string, kind: string|null, precision: number|null}} series */
export function withUnit(value, { unit, kind, precision }) {
  const text = bare(value, { kind: kind ?? "gauge", precision });
  return value === null || kind === "boolean" || kind === "text" || !unit ? text : `${text}${THIN}${unit}`;
}

/**
 * What happened, as a sentence without who: "acknowledged it: on my way".
 * @param {{kind: string, detail: any}} event @param {number} now @param {{unit: string, kind: string|null, precision: number|null}} series
 */
export function happened({ kind, detail }, now, series) {
  const said = detail.note ?? detail.text ?? "";
  const more = (/** @type {string} */ text) => (said ? `${text}: ${said}` : text);
  switch (kind) {
    case "fired": return more("Fired");
    case "cleared": return more("Cleared");
    case "reopened": return more("Came back");
    case "worsened": return typeof detail.value === "number" ? `Worse: ${withUnit(detail.value, series)}` : more("Worse");
    case "corrected": return more("Corrected by late data");
    case "acknowledged": return more(detail.via === "link" ? "acknowledged it by a link" : "acknowledged it");
    case "unacknowledged": return "took that back";
    case "assigned": return detail.to ? `assigned it to ${detail.to}` : "assigned it to nobody";
    case "snoozed": return detail.until ? `snoozed it until ${when(detail.until, now)}` : said || "ended the snooze";
    case "silenced": return said || "Silenced";
    case "commented": return said;
    case "grouped": return more("Put under its cause");
    case "escalated": return said || "Escalated";
    case "notified": return said || "Told";
    default: return more(kind);
  }
}

/** What a list without a row says. @param {"open"|"acknowledged"|"past"} tab @param {{told: import("./current.js").Told|null, narrowed: boolean, taken: number, now: number}} facts
 * @returns {{title: string, text: string, rules: boolean}} `rules`: and where rules are made */
export function nothing(tab, { told, narrowed, taken, now }) {
  if (narrowed) return { title: "No alert matches", text: "Others are hidden by the search and the filter.", rules: false };
  if (tab === "past") return { title: "Nothing has cleared yet", text: "What is over stands here, with what was done about it.", rules: false };
  if (tab === "acknowledged") return { title: "Nobody takes care of anything", text: "What somebody has acknowledged or snoozed stands here until it clears.", rules: false };
  if (told && !told.watched) return { title: "No rules yet", text: "Nothing is watched for, so nothing can fire.", rules: true };
  if (told?.not_judged_since) return { title: "Nothing is known to be wrong", text: "Rules are not being judged: what happens now shows once they are.", rules: false };
  const since = told?.quiet_since ?? null;
  const title = since === null ? "All quiet" : `All quiet since ${now - since < 12 * 3_600_000 ? hourAndMinute(since) : when(since, now)}`;
  const text = taken ? `${number(taken, 0)} ${taken === 1 ? "is" : "are"} acknowledged or snoozed.` : since === null ? "No alert has fired yet." : "Nothing is open.";
  return { title, text, rules: false };
}

/** "Mon, Tue, 22:00–06:00 in Europe/Berlin". @param {{days: number[], from: string, to: string, zone: string}} weekly */
export const weekly = ({ days, from, to, zone }) => `${days.length === 7 ? "every day" : days.map((day) => WEEKDAYS[day - 1]).join(", ")}, ${from}–${to} in ${zone}`;
