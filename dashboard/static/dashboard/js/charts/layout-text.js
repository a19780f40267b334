/** A layout of charts as text, for the address and the browser's memory: what a viewer chose and nothing more. Pure. */

import { plain } from "./layout.js";

const LISTS = /** @type {const} */ (["pinned", "hidden", "order", "apart"]);
const LONGEST = 8000; // characters of an address that are read
const MOST = 200; // entries of each part

const isText = (/** @type {unknown} */ one) => typeof one === "string";
const isNumber = (/** @type {unknown} */ one) => one === null || Number.isFinite(one);
const texts = (/** @type {unknown} */ list) => (Array.isArray(list) ? list.filter(isText).slice(0, MOST) : []);
const entries = (/** @type {unknown} */ map) => (map && typeof map === "object" ? Object.entries(map).slice(0, MOST) : []);

/** @param {import("./layout.js").Layout} layout @returns {string} "" for the plain one */
export function written(layout) {
  /** @type {Record<string, unknown>} */ const parts = {};
  for (const [name, part] of Object.entries(layout)) if (Object.keys(part).length) parts[name] = part;
  return Object.keys(parts).length ? JSON.stringify(parts) : "";
}

/** Whatever stands in an address: what is no layout is left out. @param {string|null|undefined} text @returns {import("./layout.js").Layout} */
export function read(text) {
  const layout = plain();
  let said;
  try {
    said = JSON.parse((text ?? "").length > LONGEST ? "" : text ?? "");
  } catch {
    return layout;
  }
  for (const name of LISTS) layout[name] = texts(said?.[name]);
  layout.together = Array.isArray(said?.together) ? said.together.slice(0, MOST).map(texts).filter((/** @type {string[]} */ set) => set.length > 1) : [];
  for (const [metric, chart] of entries(said?.under)) if (isText(chart)) layout.under[metric] = String(chart);
  for (const [key, limits] of entries(said?.axes)) {
    const { min = null, max = null, log = false } = limits ?? {};
    if (isNumber(min) && isNumber(max) && (min === null || max === null || min < max)) layout.axes[key] = { min, max, log: log === true };
  }
  return layout;
}
