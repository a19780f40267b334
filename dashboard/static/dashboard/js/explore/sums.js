/** What the visible part of a series comes to: by its readings, and by how long each held. Pure. */

import { HOUR } from "../time/zone.js";
import { isGap } from "../charts/gaps.js";
import { statistics } from "../charts/statistics.js";

/** @typedef {import("../charts/points.js").Row} Row @typedef {import("../fleet/limits.js").Line} Line */

/** What an hour of a unit is: W is Wh, l/min is l. @param {string} unit @returns {{unit: string, hours: number}} `hours`: what an hour of it counts */
export function integralUnit(unit) {
  const rate = /^(.+?)\s*\/\s*(s|sec|min|h|d)$/.exec(unit);
  if (rate) return { unit: rate[1], hours: { s: 3600, sec: 3600, min: 60, h: 1, d: 1 / 24 }[rate[2]] ?? 1 };
  if (/^[kMGmµ]?(W|VA|A|var|VAr)$/.test(unit)) return { unit: `${unit}h`, hours: 1 };
  return { unit: unit ? `${unit}·h` : "h", hours: 1 };
}

/** Seconds of a step between two values in which a straight line is within the limits. @param {number} a @param {number} b @param {number} low @param {number} high */
function shareWithin(a, b, low, high) {
  if (a === b) return a >= low && a <= high ? 1 : 0;
  const [from, to] = [Math.max(low, Math.min(a, b)), Math.min(high, Math.max(a, b))];
  return Math.max(0, to - from) / Math.abs(b - a);
}

/** The ends of the range that limits leave; null: no limit says on which side a value is a problem. @param {Line[]} lines */
export function rangeOf(lines) {
  const above = lines.filter(({ op }) => op === "above").map(({ value }) => value);
  const below = lines.filter(({ op }) => op === "below").map(({ value }) => value);
  return above.length || below.length ? { low: Math.max(-Infinity, ...below), high: Math.min(Infinity, ...above) } : null;
}

/**
 * @typedef {{count: number, low: number, high: number, mean: number, last: number, at: number, area: number|null, within: number|null, isRough: boolean}} Sum
 *   `area`: value times hours, without what lies in gaps, and null where nothing held; `within`: share of the time it held that it was within its
 *   limits; `isRough`: of buckets
 * @param {Row[]} rows of the window, in order @param {{gapAfter: number, bucket: number|null, lines: Line[]}} o `gapAfter`, `bucket`: ms
 * @returns {Sum|null} null: nothing was measured
 */
export function sumOf(rows, { gapAfter, bucket, lines }) {
  const found = statistics(rows);
  if (!found) return null;
  const range = rangeOf(lines);
  let [count, area, held, inside] = [0, 0, 0, 0];
  rows.forEach((row, i) => {
    const [at, value, , , readings] = row;
    count += readings ?? 1;
    const step = i && !isGap(rows, i, gapAfter) ? at - rows[i - 1][0] : 0;
    if (!step) return;
    held += step;
    area += ((value + rows[i - 1][1]) / 2) * step;
    if (range) inside += shareWithin(rows[i - 1][1], value, range.low, range.high) * step;
  });
  const { low, high, mean } = found;
  const last = rows[rows.length - 1];
  return {
    count, low, high, mean, last: last[1], at: last[0], area: held ? area / HOUR : null,
    within: range && held ? inside / held : null, isRough: bucket !== null,
  };
}
