/** A logarithmic value axis: its ends and its ticks. Pure. */

import { number } from "../page/format.js";

const ROOM = 0.04; // share of the axis left free above and below
const MOST = 6; // labels
const BETWEEN = [1, 2, 5]; // of each power of ten, where there is room

/** The ends around values greater than 0. @param {number} low @param {number} high @returns {{min: number, max: number}} */
export function logRange(low, high) {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const room = Math.max((to - from) * ROOM, to === from ? 0.2 : 0);
  return { min: 10 ** (from - room), max: 10 ** (to + room) };
}

/** @param {number} min greater than 0 @param {number} max @returns {import("./value-ticks.js").Ticks} */
export function logTicks(min, max) {
  const [first, last] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const inside = (/** @type {number} */ value) => value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9);
  let values = powers.flatMap((power) => BETWEEN.map((n) => Number(`${n}e${power}`))).filter(inside);
  if (values.length > MOST) values = powers.map((power) => Number(`1e${power}`)).filter(inside);
  const every = Math.ceil(values.length / MOST);
  values = values.filter((_, i) => i % every === 0);
  // Less than a tick of a power apart: its ends have to do.
  if (values.length < 2) values = [min, max];
  return { values, labels: values.map((value) => number(Number(value.toPrecision(3)))), note: "log" };
}
