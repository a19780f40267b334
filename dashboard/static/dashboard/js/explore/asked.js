/** Histories asked for in buckets of an interval on the calendar of a zone, in the shape of those that fit the picture. Pure. */

import { HOUR, MINUTE } from "../time/zone.js";

const POINTS = 800; // of one series, as it fits the picture
// The longest a bucket of each is: a day of 25 hours, a month of 31 days.
const LONGEST = /** @type {Record<string, number>} */ ({ "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "1d": 25 * HOUR, "1w": 169 * HOUR, "1mo": 745 * HOUR });

/** @typedef {{interval: string, agg: string}} Asked `interval` "": as it fits the picture */

/** @param {number[]} series ids @param {{from: number, to: number}} window ms @param {Asked} asked @param {string} zone */
export function pathOf(series, { from, to }, { interval, agg }, zone) {
  const window = `/api/v1/readings/?series=${series.join()}&from=${Math.floor(from)}&to=${Math.ceil(to)}`;
  if (!interval) return `${window}&points=${POINTS}`;
  return `${window}&interval=${interval}&agg=${agg === "mean" ? "mean,min,max,count" : `${agg},count`}&tz=${encodeURIComponent(zone)}`;
}

/** @param {any} answer @param {Asked} asked @returns {any[]} as `Points.load` takes them */
export function historiesOf(answer, { interval, agg }) {
  if (!interval) return answer.series;
  const at = (/** @type {string} */ name) => answer.columns.indexOf(name);
  const [low, high, count] = [at("min"), at("max"), at("count")];
  return answer.series.map((/** @type {any} */ one) => ({
    ...one, reduced: true, bucket_ms: LONGEST[interval], texts: [], read: answer.read?.from,
    // An empty bucket has no value: its line breaks there.
    points: one.points.filter((/** @type {any[]} */ row) => Number.isFinite(row[at(agg)])).map((/** @type {any[]} */ row) => [
      row[0], row[at(agg)], ...(agg === "mean" ? [row[low], row[high]] : [null, null]), count < 0 ? null : row[count]]),
  }));
}

/** The unit of an aggregate. @param {string} unit @param {Asked} asked */
export function unitOf(unit, { interval, agg }) {
  if (!interval) return unit;
  if (agg === "count") return "";
  return agg === "rate" && unit ? `${unit}/s` : unit;
}
