/** Whether a value is beyond the lines of its chart, and since when. Pure; times in ms. */

/** @typedef {{value: number, label: string, op?: "above"|"below"|null}} Line `op`: where a value is a problem; without it nobody knows */

const isPast = (/** @type {number} */ value, /** @type {Line} */ { value: limit, op }) => (op === "above" ? value > limit : op === "below" && value < limit);

/** The line a value is beyond; of several the farthest. @param {any} value @param {Line[]} lines @returns {Line|null} */
export function beyond(value, lines) {
  if (typeof value !== "number") return null;
  const past = lines.filter((line) => isPast(value, line));
  // The farthest is the one that is nearest to the value.
  return past.sort((a, b) => Math.abs(value - a.value) - Math.abs(value - b.value))[0] ?? null;
}

/** What events leave out was said before. @param {Record<string, Line[]>} lines by metric @param {Record<string, Line[]>} before */
export function withSides(lines, before) {
  const said = (/** @type {string} */ metric, /** @type {Line} */ line) =>
    line.op ?? (Object.hasOwn(before, metric) ? before[metric].find(({ value }) => value === line.value)?.op : null) ?? null;
  return Object.fromEntries(Object.entries(lines).map(([metric, all]) => [metric, all.map((line) => ({ ...line, op: said(metric, line) }))]));
}

/** Since when a series is beyond a line, by its newest readings.
 * @param {any[]} rows `[ms, value]`, or `[ms, mean, min, max, …]` of a bucket; oldest first @param {Line} line
 * @returns {{since: number, sure: boolean}|null} `sure`: not, when it may have begun earlier; null: the newest is not beyond it */
export function beganIn(rows, line) {
  /** @type {number|null} */ let since = null;
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const [at, value, low = value, high = value] = rows[i];
    if (!isPast(line.op === "above" ? low : high, line)) return since === null ? null : { since, sure: true };
    since = at;
  }
  return since === null ? null : { since, sure: false };
}
