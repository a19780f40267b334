/** What is wrong with the fleet, worst first, and when it is told. Pure; times in ms. */

import { beyond } from "./limits.js";
import { bare, duration, humanise, THIN } from "../page/format.js";
import { t, tn, worded } from "../page/language.js";

const ENTERS_AFTER = 10_000; // ms something is wrong before it is told; alerts have waited as their rules say
const LEAVES_AFTER = 30_000; // ms all is well before it is gone
const RANK = { critical: 0, warning: 1, limit: 1, sensors: 2, offline: 3, silent: 4, info: 5 };

/**
 * @typedef {import("../alerts/standing.js").Alert} Alert
 * @typedef {{key: string, mark: keyof typeof RANK, since: number, sure: boolean, uid: string|null, name: string, site: string,
 *   says: string, series: any|null, limit: number|null, alert: Alert|null}} Problem
 *   `mark`: its severity or state; `sure`: not, when it may have begun earlier; `series`: what is drawn of it
 * @typedef {{whole: boolean, series: Set<number>}} Covered what alerts that stand say of a device: its presence, its series
 */

const withUnit = (/** @type {any} */ value, /** @type {any} */ series) => `${bare(value, series)}${typeof value === "number" && series.unit ? `${THIN}${series.unit}` : ""}`;

/** What a series is called. @param {any} series */
export const called = (series) => series.label || humanise(series.metric);

/** What a device's newest values are beyond, in words.
 * @param {{series?: any[], thresholds?: Record<string, import("./limits.js").Line[]>}} device @param {import("../live/latest.js").Latest} latest @returns {string[]} */
export function limitsPassed({ series = [], thresholds = {} }, latest) {
  return series.flatMap((one) => {
    const value = latest.get(one.id)?.[1];
    const line = Object.hasOwn(thresholds, one.metric) ? beyond(value, thresholds[one.metric]) : null;
    return line && value !== undefined ? [limitSaid(one, value, line)] : [];
  });
}

/** "Too warm: Temperature 24.5 °C, limit −15 °C". @param {any} series @param {number|string} value @param {import("./limits.js").Line} line that it is beyond */
export function limitSaid(series, value, line) {
  const text = t("{what} {value}, limit {limit}", { what: called(series), value: withUnit(value, series), limit: withUnit(line.value, series) });
  return line.label ? `${line.label}: ${text}` : text;
}

/** An alert somebody should look at. @param {Alert} alert @param {any|null} series @returns {Problem} */
export function alertProblem(alert, series) {
  return {
    key: `alert ${alert.id}`, mark: alert.severity, since: alert.started, sure: true, uid: alert.device, name: alert.device_name || (alert.site?.name ?? ""),
    site: [alert.device_name ? alert.site?.name : "", alert.assignee].filter(Boolean).join(" · "), says: worded(alert.said, alert.sentence), series, limit: alert.limit, alert,
  };
}

/** What is wrong with a device and no alert says. @param {import("./fleet-device.js").FleetDevice} device @param {Covered|undefined} covered @returns {Problem[]} */
export function problemsOf(device, covered) {
  const about = { uid: device.uid, name: device.name, site: device.site?.name ?? "", sure: true, series: device.card.main, limit: null, alert: null };
  /** @type {Problem[]} */ const found = [];
  for (const [id, { line, value, since, sure }] of device.exceeded) {
    const series = device.seriesOf(id);
    if (!series || covered?.series.has(id)) continue;
    found.push({ ...about, key: `limit ${device.uid} ${id}`, mark: "limit", since, sure, says: limitSaid(series, value, line), series, limit: line.value });
  }
  if (covered?.whole) return found;
  const { presence } = device;
  if (presence.name === "offline") {
    found.push({ ...about, key: `offline ${device.uid}`, mark: "offline", since: presence.since ?? device.heard ?? 0, says: t("Says that it is offline") });
  } else if (presence.name === "silent") {
    const every = duration(device.facts.expected_interval * 1000);
    found.push({ ...about, key: `silent ${device.uid}`, mark: "silent", since: presence.since ?? 0, says: t("Nothing heard, expected every {every}", { every }) });
  } else {
    const mute = [...device.silent].filter(([id]) => !covered?.series.has(id) && device.seriesOf(id));
    if (mute.length) {
      const names = mute.map(([id]) => called(device.seriesOf(id)));
      const says = tn("Sensor silent: {names}", "{n} sensors silent: {names}", mute.length, { n: mute.length, names: names.join(", ") });
      found.push({ ...about, key: `sensors ${device.uid}`, mark: "sensors", since: Math.min(...mute.map(([, at]) => at)), says, series: device.seriesOf(mute[0][0]) });
    }
  }
  return found;
}

/** Worst first, then the longest. @param {Problem} a @param {Problem} b */
export function byWorst(a, b) {
  return RANK[a.mark] - RANK[b.mark] || a.since - b.since || (a.key < b.key ? -1 : 1);
}

/** Which problems are told: not for what passes in a moment, and not gone for a moment's rest. */
export class Told {
  constructor() {
    /** @type {Map<string, {problem: Problem, well: number|null}>} `well`: since when there is none */ this.held = new Map();
  }

  /** @param {Problem[]} problems as they are @param {number} now @param {(key: string) => boolean} [isTaken] somebody takes care of it: it leaves at once
   * @returns {{problem: Problem, well: number|null}[]} worst first; what is well again after the rest */
  at(problems, now, isTaken = () => false) {
    const present = new Map(problems.map((problem) => [problem.key, problem]));
    for (const [key, problem] of present) {
      const held = this.held.get(key);
      // What came back within its rest is the same, from its first moment.
      if (held) this.held.set(key, { problem: { ...problem, since: Math.min(held.problem.since, problem.since) }, well: null });
      else if (problem.alert || now - problem.since >= ENTERS_AFTER) this.held.set(key, { problem, well: null });
    }
    for (const [key, held] of this.held) {
      if (present.has(key)) continue;
      held.well ??= now;
      if (now - held.well >= LEAVES_AFTER || isTaken(key)) this.held.delete(key);
    }
    return [...this.held.values()].sort((a, b) => Number(a.well !== null) - Number(b.well !== null) || byWorst(a.problem, b.problem));
  }
}
