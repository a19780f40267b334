/** What is drawn of the pipeline's past: a line with its gaps, a band of what is normal, round numbers. Pure. */

const MINUTE = 60_000; // ms
export const HEIGHT = 100; // of the picture's own units, stretched to the element

/** @typedef {[number, number]} Point  ms and value @typedef {[number, number, number, number, number, number]} Row  as in GET pipeline/past/ */

/** The next round number from here: 1, 2 or 5 times a power of ten. @param {number} value not less than 0 */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (/** @type {number} */ ([1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)))) * power;
}

/**
 * @param {Point[]} points oldest first @param {{from: number, to: number, band: [number, number]|null, least: number}} frame
 *   `least`: the axis reaches so far at least
 * @returns {{line: string, band: string, top: number}} path data over (to − from) minutes, and the value at the top
 */
export function shape(points, { from, to, band, least }) {
  const seen = points.filter(([at]) => at >= from && at < to);
  const top = roundUp(Math.max(least, band?.[1] ?? 0, ...seen.map(([, value]) => value)));
  const x = (/** @type {number} */ at) => ((at - from) / MINUTE).toFixed(1);
  const y = (/** @type {number} */ value) => (HEIGHT - (value / top) * HEIGHT).toFixed(2);
  let line = "";
  seen.forEach(([at, value], i) => {
    const joined = i > 0 && at - seen[i - 1][0] <= 1.5 * MINUTE;
    // The middle of its minute; one that stands alone is a dot.
    line += `${joined ? "L" : "M"}${x(at + MINUTE / 2)} ${y(value)}${joined ? "" : "h0"}`;
  });
  const width = x(to);
  return { line, band: band ? `M0 ${y(band[1])}H${width}V${y(band[0])}H0Z` : "", top };
}

/** Minutes in which storing was behind, and those between the first and now of which nothing is known.
 * @param {Row[]} rows @param {number} to @param {number} normalLag ms */
export function troubled(rows, to, normalLag) {
  const behind = rows.filter(([, , , , lag, spooled]) => lag > normalLag || spooled > 0).length;
  return { behind, unknown: rows.length ? Math.round((to - rows[0][0]) / MINUTE) - rows.length : 0 };
}

/** For the table: of each hour in which a row lies, the mean rates and the worst lag and spool, newest first.
 * @param {Row[]} rows @param {(at: number) => number} hourOf where the hour of a moment begins */
export function byHour(rows, hourOf) {
  /** @type {Map<number, Row[]>} */ const hours = new Map();
  for (const row of rows) {
    const at = hourOf(row[0]);
    const held = hours.get(at);
    if (held) held.push(row);
    else hours.set(at, [row]);
  }
  const mean = (/** @type {Row[]} */ held, /** @type {number} */ i) => held.reduce((sum, row) => sum + row[i], 0) / held.length;
  const most = (/** @type {Row[]} */ held, /** @type {number} */ i) => held.reduce((found, row) => Math.max(found, row[i]), 0);
  return [...hours].map(([at, held]) => /** @type {Row} */ ([at, mean(held, 1), mean(held, 2), mean(held, 3), most(held, 4), most(held, 5)])).reverse();
}
