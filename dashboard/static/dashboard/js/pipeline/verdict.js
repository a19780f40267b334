/** How the pipeline does, in one sentence: the worst that is true now, and what was in the last 24 hours. Pure. */

import { counted, duration, number } from "../page/format.js";
import { t } from "../page/language.js";

const FEW = 0.5; // of what is usual at least; one minute in ten is below that anyhow
const MANY = 2; // times what is usual at most
const MINUTE = 60_000; // ms

/**
 * @typedef {{unknown: boolean, workers: number, alive: number, full: string[], databaseAway: boolean, brokerAway: boolean, spooled: number,
 *   missing: number, lag: number, normalLag: number, perSecond: number|null, usual: [number, number]|null, idle: number, failing: string[]}} Now
 *   `full`: workers whose spool is; `idle`: ms in which nobody did any job; `failing`: jobs that do
 * @typedef {{behind: number, unknown: number}} Past minutes of the last 24 hours
 * @param {Now} now @param {Past|null} past @returns {{state: string, text: string}}
 */
export function verdict(now, past) {
  const bad = worst(now);
  if (bad) return bad;
  const was = past ? before(past) : "";
  // Nothing has come, or the page has not seen enough of it to tell.
  if (now.perSecond === null) return { state: "online", text: t("All is well{past}.", { past: was && `; ${was}` }) };
  const rate = `${perSecond(now.perSecond)}${now.usual ? t(", as usual") : ""}`;
  return { state: "online", text: t("All is well: {rate}, stored within {lag}{past}.", { rate, lag: duration(now.lag), past: was && `; ${was}` }) };
}

/** @param {Now} now @returns {{state: string, text: string}|null} */
function worst(now) {
  const { usual, perSecond: rate } = now;
  if (now.unknown) return { state: "waiting", text: t("How the pipeline does is not known now.") };
  if (!now.workers) return { state: "waiting", text: t("No bridge has run yet, so nothing comes in.") };
  if (now.full.length) return { state: "offline", text: t("Nothing is acknowledged: the spool of {workers} is full.", { workers: now.full.join(", ") }) };
  if (now.databaseAway) return { state: "offline", text: t("The database is away: {spooled} kept in the spool, and none is lost.", { spooled: counted(now.spooled, "message") }) };
  if (!now.alive) return { state: "offline", text: t("No bridge is heard: what devices send waits at the broker.") };
  if (now.brokerAway) return { state: "offline", text: t("The broker is away: nothing comes in.") };
  if (now.missing) return { state: "offline", text: t("{messages} of the books unaccounted for.", { messages: counted(Math.abs(now.missing), "message") }) };
  if (now.alive < now.workers) return { state: "silent", text: t("{away} of {workers} workers not heard; the others store what comes.", { away: now.workers - now.alive, workers: now.workers }) };
  if (now.lag > now.normalLag) return { state: "silent", text: t("Storing is {lag} behind.", { lag: duration(now.lag) }) };
  if (now.spooled) return { state: "late", text: t("It catches up: {spooled} of the spool still to be stored.", { spooled: counted(now.spooled, "message") }) };
  if (now.idle) return { state: "late", text: t("All that comes is stored, but maintenance has done nothing for {idle}: is manage.py maintain running?", { idle: duration(now.idle) }) };
  if (now.failing.length) return { state: "late", text: t("All that comes is stored, but maintenance fails: {jobs}.", { jobs: now.failing.join(", ") }) };
  if (!usual || rate === null) return null;
  if (rate < FEW * usual[0]) return { state: "late", text: t("Fewer messages than usual: {rate}, usually {range}.", { rate: perSecond(rate), range: range(usual) }) };
  if (rate > MANY * usual[1] && usual[1] > 0) return { state: "late", text: t("More messages than usual: {rate}, usually {range}; all of them are stored.", { rate: perSecond(rate), range: range(usual) }) };
  return null;
}

/** What was, as a clause; "" for nothing. @param {Past} past */
function before({ behind, unknown }) {
  const parts = [behind ? t("storing was behind for {duration}", { duration: duration(behind * MINUTE) }) : "", unknown ? t("nothing is known of {duration}", { duration: duration(unknown * MINUTE) }) : ""];
  const said = parts.filter(Boolean).join(" and ");
  return said && t("in the last 24 hours {said}", { said });
}

/** @param {number} rate */
export const written = (rate) => number(rate, rate < 10 ? 1 : 0);

const perSecond = (/** @type {number} */ rate) => t("{n} messages a second", { n: written(rate) });

/** "100 to 140". @param {[number, number]} usual */
export const range = ([low, high]) => (written(low) === written(high) ? written(low) : t("{low} to {high}", { low: written(low), high: written(high) }));
