/** What the page of alerts says, in words. Pure; times in ms. */

import { duration, number, withUnit } from "../page/format.js";
import { hourAndMinute, WEEKDAYS, when } from "../time/moment.js";
import { recognised, t, tn } from "../page/language.js";

const OF_ITS_END = "Of its end, "; // as `notifications.deciding` notes it

export const SEVERITY = { critical: t("Critical"), warning: t("Warning"), info: t("Info") };

/** Whole seconds. @param {number} ms */
export const lasting = (ms) => duration(Math.max(1000, Math.floor(ms / 1000) * 1000));

/** "12 min" it stands, or "12 min, until 09:12". @param {import("./standing.js").Alert} alert @param {number} now */
export function stood({ started, cleared }, now) {
  return cleared === null ? lasting(now - started) : t("{lasting}, until {cleared}", { lasting: lasting(cleared - started), cleared: when(cleared, now) });
}

/** What is being done about it, or "". @param {import("./standing.js").Alert} alert @param {number} now */
export function care(alert, now) {
  const owner = alert.assignee ?? alert.acknowledged_by;
  if (alert.cleared === null && (alert.snoozed_until ?? 0) > now) return `${owner ? `${owner} · ` : ""}${t("snoozed until {until}", { until: when(/** @type {number} */ (alert.snoozed_until), now) })}`;
  if (owner) return owner;
  return alert.silenced ? t("silenced") : "";
}

/**
 * What happened, as a sentence without who: "acknowledged it: on my way".
 * @param {{kind: string, detail: any}} event @param {number} now @param {{unit: string, kind: string|null, precision: number|null}} series
 */
export function happened({ kind, detail }, now, series) {
  const said = detail.note ?? (kind === "notified" || kind === "escalated" ? whoWasTold(detail.text ?? "") : recognised(detail.text));
  const more = (/** @type {string} */ text) => (said ? `${text}: ${said}` : text);
  switch (kind) {
    case "fired": return more(t("Fired"));
    case "cleared": return more(t("Cleared"));
    case "reopened": return more(t("Came back"));
    case "worsened": return typeof detail.value === "number" ? t("Worse: {withUnit}", { withUnit: withUnit(detail.value, series) }) : more(t("Worse"));
    case "corrected": return more(t("Corrected by late data"));
    case "acknowledged": return more(detail.via === "link" ? t("acknowledged it by a link") : t("acknowledged it"));
    case "unacknowledged": return t("took that back");
    case "assigned": return detail.to ? t("assigned it to {to}", { to: detail.to }) : t("assigned it to nobody");
    case "snoozed": return detail.until ? t("snoozed it until {until}", { until: when(detail.until, now) }) : said || t("ended the snooze");
    case "silenced": return said || t("Silenced");
    case "commented": return said;
    case "grouped": return more(t("Put under its cause"));
    case "escalated": return said || t("Escalated");
    case "notified": return said || t("Told");
    default: return more(kind);
  }
}

/** "Of its end, olga: told; max: not told: quiet hours", in the page's language. @param {string} text */
function whoWasTold(text) {
  const before = text.startsWith(OF_ITS_END) ? OF_ITS_END : "";
  const each = text.slice(before.length).split("; ").map((one) => {
    const [who, ...said] = one.split(": ");
    return said.length ? `${recognised(who)}: ${recognised(said.join(": "))}` : recognised(one);
  });
  return `${recognised(before)}${each.join("; ")}`;
}

/** What a list without a row says. @param {"open"|"acknowledged"|"past"} tab @param {{told: import("./current.js").Told|null, narrowed: boolean, taken: number, now: number}} facts
 * @returns {{title: string, text: string, rules: boolean}} `rules`: and where rules are made */
export function nothing(tab, { told, narrowed, taken, now }) {
  if (narrowed) return { title: t("No alert matches"), text: t("Others are hidden by the search and the filter."), rules: false };
  if (tab === "past") return { title: t("Nothing has cleared yet"), text: t("What is over stands here, with what was done about it."), rules: false };
  if (tab === "acknowledged") return { title: t("Nobody takes care of anything"), text: t("What somebody has acknowledged or snoozed stands here until it clears."), rules: false };
  if (told && !told.watched) return { title: t("No rules yet"), text: t("Nothing is watched for, so nothing can fire."), rules: true };
  if (told?.not_judged_since) return { title: t("Nothing is known to be wrong"), text: t("Rules are not being judged: what happens now shows once they are."), rules: false };
  const since = told?.quiet_since ?? null;
  const title = since === null ? t("All quiet") : t("All quiet since {since}", { since: now - since < 12 * 3_600_000 ? hourAndMinute(since) : when(since, now) });
  const text = taken ? tn("{n} is acknowledged or snoozed.", "{n} are acknowledged or snoozed.", taken, { n: number(taken, 0) }) : since === null ? t("No alert has fired yet.") : t("Nothing is open.");
  return { title, text, rules: false };
}

/** "Mon, Tue, 22:00–06:00 in Europe/Berlin". @param {{days: number[], from: string, to: string, zone: string}} weekly */
export const weekly = ({ days, from, to, zone }) => t("{days}, {from}–{to} in {zone}", { days: days.length === 7 ? t("every day") : days.map((day) => WEEKDAYS[day - 1]).join(", "), from, to, zone });
