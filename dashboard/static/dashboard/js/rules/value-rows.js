/** The entries of `values` in the form: a line each, with what is seldom needed behind a fold. */

import { byId, el, icon } from "../page/element.js";
import { noValue } from "./definition.js";
import { t } from "../page/language.js";

const LINE = [["path", t("Path"), "temp"], ["metric", t("Metric"), "{key}"], ["unit", t("Unit"), "°C"], ["scale", t("Scale"), "1"], ["offset", t("Offset"), "0"]];
const FOLDED = [["map", t("Words"), "0=closed, 1=open"], ["null_if", t("No value if"), "-999, n/a"], ["pattern", t("Pattern"), "([-0-9.]+)"], ["precision", t("Decimals"), "1"]];

export class ValueRows {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    byId("add-value").addEventListener("click", () => {
      this.show([...this.read(), noValue()]);
      /** @type {HTMLElement|null} */ (byId("values").lastElementChild?.querySelector("input"))?.focus();
      changed();
    });
  }

  /** @returns {import("./definition.js").ValueFacts[]} */
  read() {
    return [...byId("values").children].map((row) => {
      const value = /** @type {any} */ (noValue());
      for (const field of row.querySelectorAll("input, select")) value[field.dataset.name ?? ""] = field.value;
      return value;
    });
  }

  /** @param {import("./definition.js").ValueFacts[]} values */
  show(values) {
    const open = new Set([...byId("values").children].flatMap((row, at) => (row.querySelector("details").open ? [at] : [])));
    byId("values").replaceChildren(...values.map((value, at) => this.#row(value, at, open.has(at))));
    byId("values-hint").hidden = values.length > 0;
  }

  #row(/** @type {any} */ value, /** @type {number} */ at, /** @type {boolean} */ open) {
    const field = (/** @type {string[]} */ [name, label, placeholder]) => el("label", {}, label, Object.assign(el("input", {
      class: "field mono", attrs: { placeholder, autocomplete: "off", spellcheck: "false" }, data: { name, field: `values.${at}.${name}` },
    }), { value: value[name] }));
    const as = el("select", { class: "field", data: { name: "as", field: `values.${at}.as` } },
      ...[["", t("As it comes")], ["number", t("Number")], ["text", t("Text")]].map(([word, text]) => el("option", { text, attrs: { value: word } })));
    /** @type {HTMLSelectElement} */ (as).value = value.as;
    const remove = el("button", {
      class: "button bare square", attrs: { type: "button", "aria-label": t("Remove value {number}", { number: at + 1 }) },
      on: { click: () => {
        this.show(this.read().filter((_, place) => place !== at));
        byId("add-value").focus();
        this.changed();
      } },
    }, icon("i-close"));
    const more = /** @type {HTMLDetailsElement} */ (el("details", {}, el("summary", { class: "small", text: t("Words, nothing, pattern") }),
      el("div", {}, ...FOLDED.map(field), el("label", {}, t("As"), as))));
    more.open = open || [...FOLDED.map(([name]) => name), "as"].some((name) => value[name]);
    return el("li", {}, ...LINE.map(field), remove, more);
  }
}
