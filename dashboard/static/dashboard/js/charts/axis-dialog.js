/** Asks for the ends of a chart's value axes, and whether they are logarithmic. */

import { t } from "../page/language.js";
import { el, icon } from "../page/element.js";
import { FREE } from "./value-axis.js";
import { unitsOf } from "./layout.js";

/** @typedef {import("./layout.js").AxisLimits} AxisLimits @typedef {Record<string, AxisLimits>} Axes  by the key of a chart, a right axis with "|right" behind it */

const numberOf = (/** @type {FormDataEntryValue|null} */ text) => (text === null || String(text).trim() === "" ? null : Number(text));

export class AxisDialog {
  constructor() {
    this.title = el("h2", { text: t("Value axis") });
    this.fields = el("div", { class: "axis-fields" });
    this.wrong = el("p", { class: "wrong", attrs: { role: "alert", hidden: "" } });
    this.form = /** @type {HTMLFormElement} */ (el("form", { class: "axis-form", attrs: { method: "dialog" } }, this.fields, this.wrong,
      el("footer", {}, el("button", { class: "button", text: t("As the values ask for"), attrs: { value: "free", formnovalidate: "" } }), el("button", { class: "button main", text: t("Set"), attrs: { value: "set" } }))));
    this.element = /** @type {HTMLDialogElement} */ (el("dialog", { attrs: { "aria-label": t("Value axis") } }, el("header", {}, this.title,
      el("button", { class: "button bare square", attrs: { "aria-label": t("Close") }, on: { click: () => this.element.close() } }, icon("i-close"))), this.form));
    document.body.append(this.element);
    this.form.addEventListener("submit", (event) => this.#answer(/** @type {SubmitEvent} */ (event)));
  }

  /** @param {import("./chart-card.js").ChartCard} card @param {Axes} axes @param {(axes: Axes) => void} chosen */
  ask(card, axes, chosen) {
    this.axes = axes;
    this.chosen = chosen;
    this.title.textContent = t("Value axis of {name}", { name: card.name });
    this.keys = unitsOf(card.series).map((unit, i) => ({ unit, key: i === 0 ? card.key : `${card.key}|right` }));
    this.wrong.hidden = true;
    this.fields.replaceChildren(...this.keys.map(({ unit, key }) => this.#field(key, unit, axes[key] ?? FREE)));
    this.element.showModal();
  }

  #field(/** @type {string} */ key, /** @type {string} */ unit, /** @type {AxisLimits} */ { min, max, log }) {
    const number = (/** @type {string} */ words, /** @type {string} */ name, /** @type {number|null} */ value) => el("label", { text: words },
      el("input", { class: "field", attrs: { type: "number", step: "any", name: `${name} ${key}`, value: value === null ? "" : String(value), placeholder: t("as needed") } }));
    return el("fieldset", {}, el("legend", { text: unit || t("Values") }), number(t("From"), "min", min), number(t("To"), "max", max),
      el("label", { class: "check" }, el("input", { attrs: { type: "checkbox", name: `log ${key}`, ...(log ? { checked: "" } : {}) } }), t("Logarithmic")));
  }

  #answer(/** @type {SubmitEvent} */ event) {
    const isFree = /** @type {HTMLButtonElement|null} */ (event.submitter)?.value === "free";
    const data = new FormData(this.form);
    /** @type {Axes} */ const axes = Object.assign(Object.create(null), this.axes);
    for (const { key } of this.keys ?? []) {
      const limits = { min: numberOf(data.get(`min ${key}`)), max: numberOf(data.get(`max ${key}`)), log: data.get(`log ${key}`) !== null };
      const problem = isFree ? "" : wrongWith(limits);
      if (problem) {
        event.preventDefault();
        this.wrong.textContent = problem;
        this.wrong.hidden = false;
        return;
      }
      delete axes[key];
      if (!isFree && (limits.min !== null || limits.max !== null || limits.log)) axes[key] = limits;
    }
    this.chosen?.(axes);
  }
}

/** @param {AxisLimits} limits @returns {string} "" if nothing is */
export function wrongWith({ min, max, log }) {
  if (min !== null && max !== null && min >= max) return t("An axis goes from the lower value to the higher one.");
  if (log && [min, max].some((end) => end !== null && end <= 0)) return t("A logarithmic axis has only values above 0.");
  return "";
}
