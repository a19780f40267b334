/** How the pipeline does, in one sentence: the worst that is true now, and what was in the last 24 hours. Pure. */

import { counted, duration, number } from "../page/format.js";

const FEW = 0.5; // of what is usual at least; one minute in ten is below that anyhow
const MANY = 2; // times what is usual at most
const MINUTE = 60_000; // ms

/**
 * @typedef {{unknown: boolean, workers: number, alive: number, full: string[], databaseAway: boolean, brokerAway: boolean, spooled: number,
 *   missing: number, lag: number, normalLag: number, perSecond: number|null, usual: [number, number]|null, failing: string[]}} Now
 *   `full`: workers whose spool is; `failing`: jobs that do
 * @typedef {{behind: number, unknown: number}} Past minutes of the last 24 hours
 * @param {Now} now @param {Past|null} past @returns {{state: string, text: string}}
 */
export function verdict(now, past) {
  const bad = worst(now);
  if (bad) return bad;
  const was = past ? before(past) : "";
  const rate = now.perSecond === null ? "nothing came yet" : `${perSecond(now.perSecond)}${now.usual ? ", as usual" : ""}`;
  return { state: "online", text: `All is well: ${rate}, stored within ${duration(now.lag)}${was && `; ${was}`}.` };
}

/** @param {Now} now @returns {{state: string, text: string}|null} */
function worst(now) {
  const { usual, perSecond: rate } = now;
  if (now.unknown) return { state: "waiting", text: "How the pipeline does is not known now." };
  if (!now.workers) return { state: "waiting", text: "No bridge has run yet, so nothing comes in." };
  if (now.full.length) return { state: "offline", text: `Nothing is acknowledged: the spool of ${now.full.join(", ")} is full.` };
  if (now.databaseAway) return { state: "offline", text: `The database is away: ${counted(now.spooled, "message")} kept in the spool, and none is lost.` };
  if (!now.alive) return { state: "offline", text: "No bridge is heard: what devices send waits at the broker." };
  if (now.brokerAway) return { state: "offline", text: "The broker is away: nothing comes in." };
  if (now.missing) return { state: "offline", text: `${counted(Math.abs(now.missing), "message")} of the books unaccounted for.` };
  if (now.alive < now.workers) return { state: "silent", text: `${now.workers - now.alive} of ${now.workers} workers not heard; the others store what comes.` };
  if (now.lag > now.normalLag) return { state: "silent", text: `Storing is ${duration(now.lag)} behind.` };
  if (now.spooled) return { state: "late", text: `It catches up: ${counted(now.spooled, "message")} of the spool still to be stored.` };
  if (now.failing.length) return { state: "late", text: `All that comes is stored, but maintenance fails: ${now.failing.join(", ")}.` };
  if (!usual || rate === null) return null;
  if (rate < FEW * usual[0]) return { state: "late", text: `Fewer messages than usual: ${perSecond(rate)}, usually ${range(usual)}.` };
  if (rate > MANY * usual[1] && usual[1] > 0) return { state: "late", text: `More messages than usual: ${perSecond(rate)}, usually ${range(usual)}; all of them are stored.` };
  return null;
}

/** What was, as a clause; "" for nothing. @param {Past} past */
function before({ behind, unknown }) {
  const parts = [behind ? `storing was behind for ${duration(behind * MINUTE)}` : "", unknown ? `nothing is known of ${duration(unknown * MINUTE)}` : ""];
  const said = parts.filter(Boolean).join(" and ");
  return said && `in the last 24 hours ${said}`;
}

/** @param {number} rate */
export const written = (rate) => number(rate, rate < 10 ? 1 : 0);

const perSecond = (/** @type {number} */ rate) => `${written(rate)} messages a second`;

/** "100 to 140". @param {[number, number]} usual */
export const range = ([low, high]) => (written(low) === written(high) ? written(low) : `${written(low)} to ${written(high)}`);
