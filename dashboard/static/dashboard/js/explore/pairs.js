/** Second looks at what is drawn: how often which value was, and one series against another on a common grid. Pure. */

/** @typedef {import("../charts/points.js").Row} Row */

const BINS = 32; // of a distribution
const CELLS = 400; // of the grid on which two series are paired

/**
 * How many readings lie in each of equal parts of the range of all. A bucket counts with its mean.
 * @param {Row[][]} all by series @returns {{low: number, width: number, counts: number[][], most: number}|null} `most`: the highest share of a series
 */
export function distribution(all) {
  const values = all.flat().map((row) => row[1]);
  if (!values.length) return null;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) [low, high] = [low - Math.max(1e-9, Math.abs(low) / 100), high + Math.max(1e-9, Math.abs(high) / 100)];
  const width = (high - low) / BINS;
  const counts = all.map((rows) => {
    const found = Array(BINS).fill(0);
    for (const [, value, , , readings] of rows) found[Math.min(BINS - 1, Math.floor((value - low) / width))] += readings ?? 1;
    return found;
  });
  const shares = counts.map((one) => Math.max(...one) / Math.max(1, one.reduce((sum, n) => sum + n, 0)));
  return { low, width, counts, most: Math.max(...shares) };
}

/** The mean of each cell, by its number. @param {Row[]} rows @param {number} from @param {number} width */
function cells(rows, from, width) {
  /** @type {Map<number, {sum: number, count: number}>} */ const found = new Map();
  for (const [at, value] of rows) {
    const cell = Math.floor((at - from) / width);
    const held = found.get(cell) ?? { sum: 0, count: 0 };
    found.set(cell, { sum: held.sum + value, count: held.count + 1 });
  }
  return found;
}

/**
 * Two series on one grid: a pair for each cell in which both have a value.
 * @param {Row[]} left @param {Row[]} right @param {{from: number, to: number, least: number}} o `least`: ms, the widest of their own steps
 * @returns {{pairs: [number, number, number][], cell: number, r: number|null}} x, y and when; `cell`: ms; `r`: their correlation
 */
export function paired(left, right, { from, to, least }) {
  const cell = Math.max(least, (to - from) / CELLS);
  const [xs, ys] = [left, right].map((rows) => cells(rows, from, cell));
  /** @type {[number, number, number][]} */ const pairs = [];
  for (const [at, x] of xs) {
    const y = ys.get(at);
    if (y) pairs.push([x.sum / x.count, y.sum / y.count, from + (at + 0.5) * cell]);
  }
  return { pairs, cell, r: correlation(pairs) };
}

/** @param {[number, number, number][]} pairs @returns {number|null} null: of too few, or where one does not change */
function correlation(pairs) {
  if (pairs.length < 3) return null;
  const mean = (/** @type {0|1} */ axis) => pairs.reduce((sum, pair) => sum + pair[axis], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
    xy += (x - mx) * (y - my);
  }
  return xx && yy ? xy / Math.sqrt(xx * yy) : null;
}
