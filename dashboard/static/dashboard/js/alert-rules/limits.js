/** The limits of a condition that are lines on a chart, and what dragging one makes of it. Pure. */

import { t } from "../page/language.js";

const DIGITS = 3; // significant digits of the axis that a dragged value keeps

/** @typedef {{field: string, label: string, value: number}} Limit */

/** @param {any} condition @returns {Limit[]} */
export function limitsOf(condition) {
  if (condition?.type !== "threshold") return [];
  const found = /** @type {[string, string][]} */ (["above", "below"].includes(condition.op)
    ? [["limit", condition.op === "above" ? t("Fires above") : t("Fires below")], ["clear", t("Clears")]]
    : [["low", t("From")], ["high", t("To")]]);
  return found.filter(([field]) => typeof condition[field] === "number").map(([field, label]) => ({ field, label, value: condition[field] }));
}

/** A value as coarse as the axis lets one point at it, or as the series is written. @param {number} value @param {number} span of the axis
 * @param {number|null} precision decimals of the series */
export function rounded(value, span, precision) {
  const step = stepOf(span, precision);
  const decimals = Math.max(0, Math.min(20, -Math.floor(Math.log10(step) + 1e-9)));
  return Number((Math.round(value / step) * step).toFixed(decimals));
}

/** What an arrow key moves by. @param {number} span @param {number|null} precision */
export function stepOf(span, precision) {
  const fine = 10 ** (Math.floor(Math.log10(span || 1)) + 1 - DIGITS);
  return precision === null ? fine : Math.max(fine, 10 ** -precision);
}
