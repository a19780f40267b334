/** Ticks of a value axis, written so that none is longer than there is room for beside a chart. Pure. */

import { grouped, timesTen } from "../page/format.js";

const LINES = 4; // grid lines, about
const LONGEST = 7; // digits of a label; longer ones leave out what they have in common
const LARGE = 1e6; // from here on labels leave out a power of ten, and below SMALL
const SMALL = 1e-3;

/**
 * @typedef {{values: number[], labels: string[], note: string}} Ticks  `note`: what every label leaves out, "×10⁻⁹" or
 *   "123 456 000 +"
 * @param {number} min @param {number} max @param {boolean} [whole] only whole numbers
 * @returns {Ticks}
 */
export function valueTicks(min, max, whole = false) {
  const rough = (max - min) / LINES;
  if (!(rough > 0) || !Number.isFinite(rough)) return { values: [], labels: [], note: "" };
  const step = roundStep(rough, whole);
  const values = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i += 1) values.push(Number((i * step).toPrecision(15)));
  return { values, ...written(values, step) };
}

/** 1, 2, 2.5 or 5 times a power of ten. @param {number} rough @param {boolean} whole */
function roundStep(rough, whole) {
  const power = 10 ** Math.floor(Math.log10(rough));
  // By division: a negative power of ten is no exact number, its inverse is.
  const steps = [1, 2, 2.5, 5, 10].map((n) => (power < 1 ? n / Math.round(1 / power) : n * power));
  const step = steps.find((one) => one >= rough * 0.85) ?? steps[4];
  if (!whole || Number.isInteger(step)) return step;
  return Math.max(1, Math.ceil(step));
}

/** @param {number[]} values @param {number} step @returns {{labels: string[], note: string}} */
function written(values, step) {
  const size = Math.max(...values.map(Math.abs));
  const exponent = size >= LARGE || size < SMALL ? thousands(size) : 0;
  const decimals = decimalsOf(step, exponent);
  if (digits(size, exponent) + decimals <= LONGEST) {
    return { labels: values.map((value) => grouped(shifted(value, -exponent).toFixed(decimals))), note: timesTen(exponent) };
  }
  const span = 10 ** Math.ceil(Math.log10(values[values.length - 1] - values[0] + step));
  const base = Math.floor(values[0] / span) * span;
  const small = span >= LARGE || span < SMALL ? thousands(span) : 0;
  const labels = values.map((value) => grouped(shifted(value - base, -small).toFixed(decimalsOf(step, small))));
  const times = timesTen(small);
  return { labels, note: `${exactly(base, span)} +${times && ` ${times}`}` };
}

const thousands = (/** @type {number} */ size) => 3 * Math.floor(Math.log10(size) / 3);

/** Before the point. @param {number} size @param {number} exponent */
const digits = (size, exponent) => Math.max(1, Math.floor(Math.log10(size || 1)) - exponent + 1);

/** Behind the point, for two neighbours to differ. @param {number} step @param {number} exponent */
function decimalsOf(step, exponent) {
  const power = Math.floor(Math.log10(step) + 1e-9);
  const half = Math.round((step / 10 ** power) * 10) % 10 ? 1 : 0; // 2.5
  return Math.min(20, Math.max(0, exponent - power + half));
}

/** By its digits and not by a division, which would round. @param {number} value @param {number} by a power of ten */
function shifted(value, by) {
  const [mantissa, exponent = "0"] = String(value).split("e");
  return Number(`${mantissa}e${Number(exponent) + by}`);
}

/** The base with all its digits. @param {number} base @param {number} span the power of ten it is a multiple of */
function exactly(base, span) {
  if (Math.abs(base) >= 1e15) {
    const [mantissa, exponent] = base.toExponential().split("e");
    return `${grouped(mantissa)}${timesTen(Number(exponent))}`;
  }
  return grouped(base.toFixed(Math.min(20, Math.max(0, -Math.floor(Math.log10(span) + 1e-9)))));
}
