/** What a stretch of a series comes to. Pure. */

/**
 * `mean` is of the readings, each counting as one however long it held; `change` from the first to the last.
 * @param {import("./points.js").Row[]} rows in order
 * @returns {{low: number, high: number, mean: number, change: number}|null} null: nothing was measured
 */
export function statistics(rows) {
  if (!rows.length) return null;
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let count = 0;
  for (const [, value, bottom, top, readings] of rows) {
    low = Math.min(low, bottom ?? value);
    high = Math.max(high, top ?? value);
    const weight = readings ?? 1;
    count += weight;
    sum += (value - rows[0][1]) * weight; // from the first: a large value would leave no digits for the sum
  }
  return { low, high, mean: rows[0][1] + sum / count, change: rows[rows.length - 1][1] - rows[0][1] };
}
