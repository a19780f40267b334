/** The y axis: from the data with room, and calm: it widens at once and narrows only when much is empty. Pure. */

const ROOM = 0.08; // share of the data's range left free above and below
const NARROW_BELOW = 0.55; // share of the axis the data must fall under before it narrows
const NEAR = 0.1; // share of the data's size a threshold may be off and still be shown in its place
const ZERO_UNITS = new Set(["W", "kW", "MW", "Wh", "kWh", "MWh", "VA", "var", "A", "mA", "rpm", "l/min", "m³/h", "lx"]);

/** Whether zero means something on this axis. @param {{unit: string, kind: string, metric: string}} series */
export function includesZero(series) {
  // A counter's total says nothing by its distance from zero; a flow does.
  return series.kind !== "counter" && (ZERO_UNITS.has(series.unit) || /(^|[._])(count|power|total|rate)($|[._])/.test(series.metric));
}

/** @param {import("./points.js").Row[]} rows @returns {{low: number, high: number}|null} */
export function extent(rows) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    const bottom = row[2] ?? Number(row[1]);
    const top = row[3] ?? Number(row[1]);
    if (bottom < low) low = bottom;
    if (top > high) high = top;
  }
  return low <= high ? { low, high } : null;
}

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
  let { low, high } = data;
  if (zero) {
    low = Math.min(0, low);
    high = Math.max(0, high);
  }
  const spread = high - low || Math.max(Math.abs(high) * 0.1, 0.5);
  const room = spread * ROOM;
  const fresh = {
    min: zero && low === 0 ? 0 : low - room - (high === low ? spread / 2 : 0),
    max: zero && high === 0 ? 0 : high + room + (high === low ? spread / 2 : 0),
  };
  if (previous === null) return fresh;
  const fits = low >= previous.min && high <= previous.max;
  return fits && fresh.max - fresh.min > (previous.max - previous.min) * NARROW_BELOW ? previous : fresh;
}

/** Round values for about four grid lines. @param {number} min @param {number} max @returns {{values: number[], decimals: number}} */
export function valueTicks(min, max) {
  const rough = (max - min) / 4;
  if (!(rough > 0) || !Number.isFinite(rough)) return { values: [], decimals: 0 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.85) ?? power * 10;
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (step / power === 2.5 ? 1 : 0));
  const values = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i += 1) values.push(Number((i * step).toFixed(Math.min(20, decimals))));
  return { values, decimals };
}
