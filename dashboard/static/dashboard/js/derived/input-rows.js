/** What each name of the formula stands for: a series, found by a search, and how long a value of it holds. */

import { byId, el } from "../page/element.js";
import { get } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";

const WAIT = 250; // ms after a key until it is searched
const SHOWN = 20; // series of one search

/** @typedef {{series: number|null, text: string, hold: string}} Bound */

/** @param {{device: string, metric: string}} series */
const textOf = (series) => `${series.device} ${series.metric}`;

export class InputRows {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, Bound>} */ this.bound = new Map();
    /** @type {Map<string, number>} series that were found, by what is written for them */ this.found = new Map();
    /** @type {string[]} */ this.names = [];
  }

  /** @param {import("./derived-list.js").Input[]} inputs */
  begin(inputs) {
    this.bound.clear();
    for (const { name, series, device, metric, hold } of inputs) {
      const text = series === null ? "" : textOf({ device, metric });
      if (series !== null) this.found.set(text, series);
      this.bound.set(name, { series, text, hold: String(hold) });
    }
    this.names = [];
    this.show(inputs.map((input) => input.name));
  }

  /** @param {string[]} names of the formula */
  show(names) {
    if (names.length === this.names.length && names.every((name, at) => name === this.names[at])) return;
    this.names = names;
    const list = byId("inputs");
    list.replaceChildren(...names.map((name) => this.#row(name)));
    byId("inputs-hint").hidden = names.length > 0;
  }

  /** What is chosen, as the server takes it. */
  read() {
    return this.names.flatMap((name) => {
      const bound = this.bound.get(name);
      if (!bound?.series) return [];
      return [{ name, series: bound.series, ...(Number(bound.hold) > 0 ? { hold: Number(bound.hold) } : {}) }];
    });
  }

  #row(/** @type {string} */ name) {
    const bound = this.bound.get(name) ?? { series: null, text: "", hold: "" };
    this.bound.set(name, bound);
    const choices = el("datalist", { attrs: { id: `series-of-${name}` } });
    const series = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { list: choices.id, autocomplete: "off", spellcheck: "false", placeholder: t("Search a series"), value: bound.text } }));
    const search = newest((/** @type {string} */ words) => get(`/api/v1/series/?page_size=${SHOWN}&search=${encodeURIComponent(words)}`),
      ({ results }) => this.#show(results, series, choices, bound), () => series.setCustomValidity(t("The series cannot be searched now."))); // the next key searches again
    let timer = 0;
    series.addEventListener("input", () => {
      bound.text = series.value;
      bound.series = this.found.get(series.value) ?? null;
      clearTimeout(timer);
      if (bound.series === null) timer = window.setTimeout(() => search(series.value), WAIT);
      this.changed();
    });
    series.addEventListener("focus", () => choices.childElementCount || search(series.value));
    const hold = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "number", min: "0", step: "any", inputmode: "decimal", placeholder: t("as usual"), value: bound.hold } }));
    hold.addEventListener("input", () => {
      bound.hold = hold.value;
      this.changed();
    });
    return el("li", {}, el("b", { class: "mono", text: name }), el("label", {}, t("Series of {name}", { name }), series, choices), el("label", {}, t("Holds, seconds"), hold));
  }

  #show(/** @type {any[]} */ results, /** @type {HTMLInputElement} */ field, /** @type {HTMLElement} */ choices, /** @type {Bound} */ bound) {
    for (const one of results) this.found.set(textOf(one), one.id);
    const shown = results.filter((one) => one.kind !== "text").slice(0, SHOWN);
    choices.replaceChildren(...shown.map((one) => el("option", { attrs: { value: textOf(one), label: one.label || one.unit } })));
    field.setCustomValidity("");
    if (bound.series !== null || !this.found.has(field.value)) return;
    bound.series = this.found.get(field.value) ?? null;
    this.changed();
  }
}
