/** What a message says of a device: each metric with its value and unit, as they were written. */

import { el, setValue } from "./element.js";

/** @param {Record<string, any>} values by metric @param {Record<string, string>} units by metric @param {...HTMLElement} before what stands before them */
export function readings(values, units, ...before) {
  return el("dl", { class: "readings" }, ...before, ...Object.entries(values).map(([metric, value]) => {
    const shown = el("dd");
    setValue(shown, typeof value === "string" ? `“${value}”` : String(value), units[metric] ?? "");
    return el("div", {}, el("dt", { class: "mono", text: metric }), shown);
  }));
}
