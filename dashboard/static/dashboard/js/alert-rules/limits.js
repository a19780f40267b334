/** The limits of a condition that are lines on a chart. Pure. */

import { t } from "../page/language.js";

/** @typedef {{field: string, label: string, value: number}} Limit */

/** @param {any} condition @returns {Limit[]} */
export function limitsOf(condition) {
  if (condition?.type !== "threshold") return [];
  const found = /** @type {[string, string][]} */ (["above", "below"].includes(condition.op)
    ? [["limit", condition.op === "above" ? t("Fires above") : t("Fires below")], ["clear", t("Clears")], ["worse", t("Worse from")]]
    : [["low", t("From")], ["high", t("To")]]);
  return found.filter(([field]) => typeof condition[field] === "number").map(([field, label]) => ({ field, label, value: condition[field] }));
}
