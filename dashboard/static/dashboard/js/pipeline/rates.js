/** Rates of counters that only grow while their worker lives, and what they say is wrong. Pure. */

import { counted, duration, size } from "../page/format.js";
import { t } from "../page/language.js";

export const HTTP_PREFIX = "http-"; // of the name of a web process that takes telemetry
const GONE_AFTER = 60_000; // ms without a word before the books of such a process are history
const CLOCK_OFF_FROM = 2_000; // ms that a host's clock is off and that somebody should know of
const MAX_SAMPLES = 600; // one a second: ten minutes

export class Rate {
  constructor() {
    /** @type {[number, number][]} ms and per second */ this.samples = [];
    /** @type {[number, number]|null} */ this.previous = null;
  }

  /** A smaller total is a restarted worker: it counts from zero again. @param {number} at ms @param {number} total */
  add(at, total) {
    const previous = this.previous;
    if (previous !== null && at <= previous[0]) return;
    this.previous = [at, total];
    if (previous === null) return;
    const grown = total >= previous[1] ? total - previous[1] : total;
    this.samples.push([at, (grown * 1000) / (at - previous[0])]);
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }

  /** Mean over the newest `window` ms, steadier than the last sample. @param {number} [window] */
  current(window = 5000) {
    const last = this.samples[this.samples.length - 1];
    if (!last) return null;
    const recent = this.samples.filter(([at]) => at > last[0] - window);
    return recent.reduce((sum, [, rate]) => sum + rate, 0) / recent.length;
  }
}

/** Several workers' samples as one line: their sum at each second. @param {Rate[]} rates */
export function summed(rates) {
  /** @type {Map<number, number>} */
  const seconds = new Map();
  for (const rate of rates) {
    for (const [at, value] of rate.samples) {
      const second = Math.round(at / 1000) * 1000;
      seconds.set(second, (seconds.get(second) ?? 0) + value);
    }
  }
  return /** @type {[number, number][]} */ ([...seconds].sort((a, b) => a[0] - b[0]));
}

/** Whether a worker will not come back under its name: a killed web process comes back under another. A bridge
 * keeps its name, so that one that is away stays in sight. @param {string} name @param {number} at of its last word @param {number} now */
export const gone = (name, at, now) => name.startsWith(HTTP_PREFIX) && now - at > GONE_AFTER;

/** @param {Record<string, number>} c @returns {number} what is missing from the books; 0 is right */
export function balance(c) {
  const n = (/** @type {string} */ key) => c[key] ?? 0;
  return n("received") - n("stored") - n("duplicate") - n("rejected") - n("spooled") - n("in_flight");
}

/** That a host's clock is off, in a sentence; "" when it is right. @param {string} whose @param {number} ahead ms @returns {string} */
export function clockOff(whose, ahead) {
  if (Math.abs(ahead) < CLOCK_OFF_FROM) return "";
  return ahead > 0 ? t("The clock of {whose} is {duration} ahead of the database's. Times stay right, for the database's clock counts; set it right all the same.", { whose, duration: duration(ahead) })
    : t("The clock of {whose} is {duration} behind the database's. Times stay right, for the database's clock counts; set it right all the same.", { whose, duration: duration(-ahead) });
}

/** What of a worker needs somebody, in sentences; worst first. @param {Record<string, number>} c @returns {string[]} */
export function alarms(c) {
  const spooled = `${counted(c.spooled ?? 0, "message")} (${size(c.spool_bytes ?? 0)})`;
  return [
    c.spool_full ? t("The spool is full at {spooled}: nothing is acknowledged, so the broker and the devices hold what comes.", { spooled }) : "",
    c.database_up === 0 ? c.spooled ? t("The database is away. {spooled} kept in the spool on disk.", { spooled }) : t("The database is away. Messages wait in memory and in the spool.") : "",
    c.database_up !== 0 && c.spooled && !c.spool_full ? t("In the spool, to be stored next: {spooled}.", { spooled }) : "",
    c.connected === 0 ? t("The broker is away: nothing comes in. It is tried again and again.") : "",
    clockOff(t("its host"), c.clock_ahead_ms ?? 0),
  ].filter(Boolean);
}
