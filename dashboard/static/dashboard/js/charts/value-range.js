/** The y axis: from the data with room, and calm: it widens at once and narrows only when much is empty. Pure. */

const ROOM = 0.08; // share of the data's range left free above and below
const NARROW_BELOW = 0.55; // share of the axis the data must fall under before it narrows
const STEADY = 1e-12; // share of the value below which a difference is the rounding of floats
const LIMIT = 1e300; // beyond it an axis with room around the values is no number any more
const NEAR = 0.1; // share of the data's size a threshold may be off and still be shown in its place
const ZERO_UNITS = new Set(["W", "kW", "MW", "Wh", "kWh", "MWh", "VA", "var", "A", "mA", "rpm", "l/min", "m³/h", "lx"]);

/** Whether zero means something on this axis: by its unit alone, for a name only seems to say it ("power_factor").
 * @param {{unit: string, kind: string}} series */
export function includesZero(series) {
  // A counter's total says nothing by its distance from zero; a flow does.
  return series.kind !== "counter" && ZERO_UNITS.has(series.unit);
}

/** @param {import("./points.js").Row[]} rows @returns {{low: number, high: number}|null} */
export function extent(rows) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    const bottom = row[2] ?? row[1];
    const top = row[3] ?? row[1];
    if (bottom < low) low = bottom;
    if (top > high) high = top;
  }
  return low <= high ? { low, high } : null;
}

/** Whether all of it are whole numbers, as of what is counted. @param {import("./points.js").Row[]} rows */
export const allWhole = (rows) => rows.every((row) => Number.isInteger(row[2] ?? row[1]) && Number.isInteger(row[3] ?? row[1]));

/** The data's range, widened to the thresholds near it; one far off would flatten what was measured.
 * @param {{low: number, high: number}|null} data @param {{value: number}[]} thresholds */
export function withThresholds(data, thresholds) {
  if (data === null) return null;
  const reach = Math.max(data.high - data.low, Math.max(Math.abs(data.low), Math.abs(data.high)) * NEAR);
  const near = thresholds.map(({ value }) => value).filter((value) => value >= data.low - reach && value <= data.high + reach);
  return { low: Math.min(data.low, ...near), high: Math.max(data.high, ...near) };
}

/**
 * @param {{low: number, high: number}|null} data
 * @param {{min: number, max: number}|null} previous the axis as drawn last
 * @param {boolean} zero
 * @returns {{min: number, max: number}}
 */
export function valueRange(data, previous, zero) {
  if (data === null) return previous ?? { min: 0, max: 1 };
  let low = Math.max(data.low, -LIMIT);
  let high = Math.min(data.high, LIMIT);
  if (zero) {
    low = Math.min(0, low);
    high = Math.max(0, high);
  }
  const steady = high - low <= Math.max(Math.abs(low), Math.abs(high)) * STEADY;
  const spread = steady ? Math.abs(high) * 0.1 || 0.5 : high - low;
  const room = spread * ROOM;
  const fresh = {
    min: zero && low === 0 ? 0 : low - room - (steady ? spread / 2 : 0),
    max: zero && high === 0 ? 0 : high + room + (steady ? spread / 2 : 0),
  };
  if (previous === null) return fresh;
  const fits = low >= previous.min && high <= previous.max;
  return fits && fresh.max - fresh.min > (previous.max - previous.min) * NARROW_BELOW ? previous : fresh;
}
