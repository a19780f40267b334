/** The chosen series above their charts: a number key, a colour, what is wrong with one; shown, hidden, taken away. */

import { byId, el, icon, showRows } from "../page/element.js";
import { t } from "../page/language.js";

const KEYS = 8; // number keys that toggle

/** @typedef {{name: string, label: string, colourName: string, isHidden: boolean, trouble: string}} Entry `trouble`: why nothing of it is drawn, or "" */

export class Chosen {
  /** @param {{toggle: (name: string) => void, remove: (name: string) => void}} acts */
  constructor(acts) {
    this.acts = acts;
    this.list = byId("chosen");
  }

  /** @param {Entry[]} entries */
  show(entries) {
    const held = new Map([...this.list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key, row]));
    showRows(this.list, entries.map((entry, i) => {
      const key = JSON.stringify([entry, i]);
      return held.get(key) ?? this.#row(entry, i, key);
    }));
    this.list.hidden = entries.length === 0;
  }

  #row(/** @type {Entry} */ { name, label, colourName, isHidden, trouble }, /** @type {number} */ i, /** @type {string} */ key) {
    const swatch = el("i", { class: "swatch" });
    if (colourName) swatch.style.background = `var(${colourName})`;
    const toggle = el("button", { class: "chosen-name", attrs: { type: "button", "aria-pressed": String(!isHidden && !trouble), title: i < KEYS ? t("{name}: key {key} shows and hides it", { name, key: i + 1 }) : name }, on: { click: () => this.acts.toggle(name) } },
      ...(i < KEYS ? [el("kbd", { text: String(i + 1) })] : []), swatch, el("span", { class: "clip", text: label }));
    return el("li", { class: trouble ? "is-wrong" : "", data: { key, name } }, toggle, ...(trouble ? [icon("i-warn"), el("span", { class: "why", text: trouble })] : []),
      el("button", { class: "button bare tiny", attrs: { type: "button", "aria-label": t("Take {name} away", { name: label }) }, on: { click: () => this.acts.remove(name) } }, icon("i-close")));
  }
}
