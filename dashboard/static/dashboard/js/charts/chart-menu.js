/** The menu of a chart or a lane; what it offers is asked for when it opens. */

import { el, icon } from "../page/element.js";

/** @typedef {{words: string, key?: string, act: () => void}} Item  `key`: that does the same @typedef {Item|null} Entry null: a line between two kinds */

/** @param {string} label of what it is the menu @param {() => Entry[]} entries */
export function chartMenu(label, entries) {
  const sheet = el("div", { class: "sheet" });
  const menu = el("details", { class: "menu" }, el("summary", { class: "button bare tiny", attrs: { "aria-label": label } }, icon("i-more")), sheet);
  const item = (/** @type {Entry} */ entry) => {
    if (entry === null) return el("hr");
    const { words, key, act } = entry;
    const close = () => {
      menu.removeAttribute("open");
      act();
    };
    return el("button", { class: "item", attrs: { type: "button" }, on: { click: close } }, el("span", { text: words }), ...(key ? [el("kbd", { text: key })] : []));
  };
  menu.addEventListener("toggle", () => /** @type {HTMLDetailsElement} */ (menu).open && sheet.replaceChildren(...entries().map(item)));
  return menu;
}
