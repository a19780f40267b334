/** Chips of what a list holds, with how many of each, most first: to narrow it by, or to go there. */

import { el } from "./element.js";
import { number } from "./format.js";

/** @param {HTMLElement} area @param {Iterable<[string, number]>} counts by name
 * @param {{word?: (name: string) => string, chosen?: string, choose?: (name: string) => void, href?: (name: string) => string}} options
 *   `choose` is told the name, or "" when the chosen one is let go; with `href` they are links */
export function showChips(area, counts, { word = (name) => name, chosen = "", choose = () => {}, href }) {
  const chips = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const key = JSON.stringify([chips, chosen]);
  if (area.dataset.key === key) return; // made anew, the one with the focus would lose it
  area.dataset.key = key;
  area.replaceChildren(...chips.map(([name, count]) => el(href ? "a" : "button", {
    class: "chip", ...(href ? { attrs: { href: href(name) } }
      : { attrs: { "aria-pressed": String(name === chosen) }, on: { click: () => choose(name === chosen ? "" : name) } }),
  }, el("span", { text: word(name) }), el("b", { text: number(count, 0) }))));
}
