/** The form of one alert rule: what it is for, what must hold, and each mistake beside its field. */

import { byId, el } from "../page/element.js";
import { documentOf, fieldsOf, textsOf, TYPES, typeOf } from "./condition-fields.js";
import { showMistakes } from "../page/mistakes.js";
import { WEEKDAYS, zoneName } from "../time/moment.js";
import { t } from "../page/language.js";

const PLAIN = ["name", "severity", "metric", "kind", "site", "tag", "device", "uid_pattern", "text", "runbook"];
const NULLED = new Set(["site", "device"]); // empty is null

export class AlertRuleForm {
  /** @param {() => void} changed whatever is typed */
  constructor(changed) {
    this.form = /** @type {HTMLFormElement} */ (byId("form"));
    byId("type").append(...TYPES.map(({ type, label }) => el("option", { text: label, attrs: { value: type } })));
    byId("days").append(...WEEKDAYS.map((name, at) => el("label", { class: "chip" }, el("input", { attrs: { type: "checkbox", name: `day-${at + 1}` } }), name)));
    this.form.addEventListener("input", (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      if (field.id === "type" || field.name === "condition.op") this.#showCondition(this.condition);
      changed();
    });
  }

  /** @param {any} rule of which nothing has to be there */
  show(rule) {
    for (const name of PLAIN) this.#field(name).value = rule[name] ?? (name === "severity" ? "warning" : "");
    this.#field("labels").value = Object.entries(rule.labels ?? {}).map(([name, text]) => `${name}=${text}`).join(", ");
    const schedule = rule.schedule ?? {};
    for (const name of ["from", "to"]) this.#field(`schedule.${name}`).value = schedule[name] ?? "";
    // Hours that are new are by the clock that this page shows, unless somebody says otherwise.
    this.#field("schedule.zone").value = schedule.zone ?? (rule.schedule ? "UTC" : zoneName());
    for (let day = 1; day <= 7; day += 1) this.#field(`day-${day}`).checked = (schedule.days ?? []).includes(day);
    byId("more").open = Boolean(rule.schedule || rule.text || rule.runbook || this.#field("labels").value);
    this.#showCondition(rule.condition ?? { type: "threshold", op: "above" });
    this.showErrors({});
  }

  /** As the API takes it. @returns {any} */
  get rule() {
    const found = /** @type {any} */ ({ ...this.draft });
    for (const name of ["name", "severity", "text", "runbook"]) found[name] = this.#field(name).value.trim();
    found.labels = Object.fromEntries(this.#field("labels").value.split(",").map((/** @type {string} */ pair) => pair.trim()).filter(Boolean).map((/** @type {string} */ pair) => {
      const [name, ...text] = pair.split("=");
      return [name.trim(), text.join("=").trim()];
    }));
    return found;
  }

  /** What a replay needs of it. @returns {any} */
  get draft() {
    const found = /** @type {any} */ ({});
    for (const name of ["metric", "kind", "site", "tag", "device", "uid_pattern"]) {
      const text = this.#field(name).value.trim();
      found[name] = text === "" && NULLED.has(name) ? null : text;
    }
    return { ...found, condition: this.condition, schedule: this.#schedule };
  }

  /** @returns {any} */
  get condition() {
    return documentOf(byId("type").value, this.#texts());
  }

  get #schedule() {
    const days = WEEKDAYS.map((_, at) => at + 1).filter((day) => this.#field(`day-${day}`).checked);
    const [from, to, zone] = ["from", "to", "zone"].map((name) => this.#field(`schedule.${name}`).value.trim());
    if (!days.length && !from && !to) return null;
    return { ...(zone ? { zone } : {}), ...(days.length ? { days } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}) };
  }

  /** A limit was dragged. @param {string} field @param {number} value */
  setLimit(field, value) {
    this.#field(`condition.${field}`).value = String(value);
  }

  #texts() {
    const texts = /** @type {Record<string, string>} */ ({});
    for (const field of byId("condition").querySelectorAll("[name]")) texts[field.name.slice("condition.".length)] = field.value;
    return texts;
  }

  #showCondition(/** @type {any} */ document) {
    const { type } = typeOf(document.type);
    const first = fieldsOf(type, "").find(({ name }) => name === "op");
    const op = first?.choices?.some(([value]) => value === document.op) ? document.op : first?.choices?.[0][0];
    const texts = { ...this.#texts(), ...textsOf({ ...document, type, op }) };
    const focused = /** @type {HTMLInputElement|null} */ (globalThis.document.activeElement)?.name;
    byId("type").value = type;
    byId("condition").replaceChildren(...fieldsOf(type, op ?? "").map((field) => this.#input(field, texts[field.name] ?? "")));
    if (focused?.startsWith("condition.")) this.#field(focused)?.focus();
  }

  #input(/** @type {import("./condition-fields.js").Field} */ field, /** @type {string} */ text) {
    const name = `condition.${field.name}`;
    const attrs = { name, autocomplete: "off", placeholder: field.normally ?? "" };
    const option = (/** @type {string[]} */ [value, label]) => el("option", { text: label, attrs: { value } });
    let input;
    if (field.form === "choice") input = el("select", { class: "field", attrs: { name } }, ...(field.choices ?? []).map(option));
    else if (field.form === "truth") input = el("select", { class: "field", attrs: { name } }, ...[["", field.normally === "true" ? t("yes, as usual") : t("no, as usual")], ["true", t("yes")], ["false", t("no")]].map(option));
    else if (field.form === "names") input = el("textarea", { class: "field mono", attrs: { ...attrs, rows: "3", spellcheck: "false" } });
    else input = el("input", { class: "field", attrs: { ...attrs, ...(field.form === "number" ? { inputmode: "decimal" } : {}) } });
    input.dataset.field = name;
    /** @type {HTMLInputElement} */ (input).value = text;
    const label = el("label", {}, field.label, input);
    if (field.hint) label.append(el("span", { class: "hint", text: field.hint }));
    if (["formula", "names"].includes(field.name)) label.classList.add("wide-field");
    return label;
  }

  /** @param {any} body what the API answered, by field; inner fields nested */
  showErrors(body) {
    showMistakes(this.form, errorsOf(body), (name) => name.replace(/^condition\./, ""));
  }

  /** @returns {any} */
  #field(/** @type {string} */ name) {
    return this.form.querySelector(`[name="${CSS.escape(name)}"]`);
  }
}

/** Mistakes by dotted name, out of an answer's nested fields. @param {any} body @param {string} [before] @returns {[string, string][]} */
function errorsOf(body, before = "") {
  if (body === null || typeof body !== "object" || Array.isArray(body)) return [[before, [body].flat().join(" ")]];
  return Object.entries(body).flatMap(([name, said]) => errorsOf(said, name === "detail" ? before : before ? `${before}.${name}` : name));
}
