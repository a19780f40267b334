/** Fields that edit something stored: they know what was saved, what one has changed, and what somebody else wrote meanwhile. */

import { changed, merge } from "./merge.js";
import { el } from "../page/element.js";
import { t } from "../page/language.js";

/**
 * @typedef {{name: string, label: string, type?: "text"|"number"|"textarea"|"check"|"select"|"tags"|"lines"|"json", hint?: string,
 *   options?: {value: any, label: string}[], attrs?: Record<string, string>, wide?: boolean, bare?: boolean}} Field
 *   `bare`: its label is for those who do not see it
 * @typedef {{field: Field, input: any, note: HTMLElement}} Row
 */

let made = 0; // fields so far, for ids

/** @param {string} text */
const tags = (text) => [...new Set(text.split(",").map((tag) => tag.trim().replace(/\s+/g, " ").toLowerCase()).filter(Boolean))];

/** @param {string} text */
const lines = (text) => [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];

/** @param {Row} row */
function read({ field, input }) {
  if (field.type === "check") return input.checked;
  if (field.type === "tags") return tags(input.value);
  if (field.type === "lines") return lines(input.value);
  if (field.type === "number") return input.value === "" ? (input.validity.badInput ? Number.NaN : null) : Number(input.value);
  if (field.type === "select") return field.options?.[input.selectedIndex]?.value ?? null;
  if (field.type !== "json") return input.value.trim();
  try {
    return JSON.parse(input.value || "{}");
  } catch {
    return input.value; // the server says what is wrong with it
  }
}

/** As one writes it in the field. @param {Field} field @param {any} value @returns {string} */
function written(field, value) {
  if (field.type === "tags") return (value ?? []).join(", ");
  if (field.type === "lines") return (value ?? []).join("\n");
  if (field.type === "json") return Object.keys(value ?? {}).length ? JSON.stringify(value, null, 2) : "";
  return String(value ?? "");
}

/** How a value of somebody else is told. @param {Field} field @param {any} value */
function spoken(field, value) {
  if (field.type === "check") return value ? t("yes") : t("no");
  if (field.type === "select") return field.options?.find((option) => option.value === value)?.label ?? String(value ?? "");
  return written(field, value) || t("empty");
}

/** Tell beside a field what somebody else wrote, which one may take. @param {HTMLElement} note @param {string} value @param {() => void} take */
export function tellTheirs(note, value, take) {
  note.replaceChildren(el("p", { class: "small theirs" }, t("Somebody else wrote “{value}” meanwhile.", { value }), " ",
    el("button", { class: "link", text: t("Take it"), attrs: { type: "button" }, on: { click: () => { take(); note.replaceChildren(); } } })));
}

export class EditForm {
  /** @param {Field[]} fields @param {() => void} [touched] told when one changes something */
  constructor(fields, touched = () => {}) {
    /** @type {import("./merge.js").Values} */ this.saved = {};
    /** @type {Map<string, Row>} */ this.rows = new Map();
    this.element = el("div", { class: "work-fields", on: { input: () => touched(), change: () => touched() } }, ...fields.map((field) => this.#row(field)));
  }

  #row(/** @type {Field} */ field) {
    const id = `work-field-${++made}`;
    const attrs = { id, autocomplete: "off", ...field.attrs };
    let input;
    if (field.type === "select") input = el("select", { class: "field", attrs }, ...(field.options ?? []).map(({ label }) => el("option", { text: label })));
    else if (["textarea", "lines", "json"].includes(field.type ?? "")) input = el("textarea", { class: `field${field.type === "textarea" ? "" : " mono"}`, attrs: { rows: "3", spellcheck: "false", ...attrs } });
    else input = el("input", { class: field.type === "check" ? "" : "field", attrs: { type: { check: "checkbox", number: "number" }[String(field.type)] ?? "text", ...(field.type === "number" ? { step: "any" } : {}), ...attrs } });
    const note = el("div", { class: "work-note", attrs: { id: `${id}-note`, role: "status" } });
    input.setAttribute("aria-describedby", note.id);
    this.rows.set(field.name, { field, input, note });
    const label = el("label", { text: field.label, class: field.bare ? "unseen" : "", attrs: { for: id } });
    return el("div", { class: `work-field is-${field.type ?? "text"}${field.wide ? " is-wide" : ""}` },
      ...(field.type === "check" ? [input, label] : [label, input]), ...(field.hint ? [el("p", { class: "hint small quiet", text: field.hint })] : []), note);
  }

  /** @returns {import("./merge.js").Values} */
  get values() {
    return Object.fromEntries([...this.rows].map(([name, row]) => [name, read(row)]));
  }

  /** What one has changed. */
  get changes() {
    return changed(this.saved, this.values);
  }

  get isDirty() {
    return Object.keys(this.changes).length > 0;
  }

  /** What the changed fields were: see `was` of REST. */
  get was() {
    return Object.fromEntries(Object.keys(this.changes).map((name) => [name, this.saved[name] ?? null]));
  }

  /** This is saved now: what one has not changed shows it, beside the others it is told. @param {import("./merge.js").Values} saved */
  show(saved) {
    const first = Object.keys(this.saved).length === 0;
    const known = Object.fromEntries([...this.rows.keys()].map((name) => [name, saved[name] ?? null]));
    const { mine, told } = first ? { mine: known, told: /** @type {any} */ ({}) } : merge(this.saved, this.values, known);
    this.saved = known;
    for (const [name, row] of this.rows) {
      this.#fill(row, mine[name]);
      if (name in told) tellTheirs(row.note, spoken(row.field, told[name]), () => { this.#fill(row, told[name]); row.input.focus(); });
      else if (JSON.stringify(known[name]) === JSON.stringify(mine[name] ?? null)) row.note.replaceChildren();
    }
  }

  #fill(/** @type {Row} */ { field, input }, /** @type {any} */ value) {
    if (field.type === "check") input.checked = Boolean(value);
    else if (field.type === "select") input.selectedIndex = Math.max(0, field.options?.findIndex((option) => option.value === (value ?? null)) ?? 0);
    else if (document.activeElement !== input || JSON.stringify(read({ field, input, note: input })) !== JSON.stringify(value)) input.value = written(field, value);
  }

  /** What is wrong, beside its field; what has none is given back. @param {Record<string, string>} errors @returns {string[]} */
  complain(errors) {
    const left = [];
    /** By field; of a list each line may be wrong. @type {Record<string, string>} */ const ours = {};
    for (const [name, said] of Object.entries(errors)) {
      const own = this.rows.has(name) ? name : name.split(".")[0];
      if (this.rows.has(own)) ours[own] = own in ours ? `${ours[own]} ${said}` : said;
    }
    for (const [name, { input, note }] of this.rows) {
      input.toggleAttribute("aria-invalid", name in ours);
      if (name in ours) note.replaceChildren(el("p", { class: "small error", text: ours[name] }));
      else note.querySelector(".error")?.remove();
    }
    for (const [name, said] of Object.entries(errors)) if (!this.rows.has(name.split(".")[0])) left.push(name === "non_field_errors" || name === "detail" ? said : `${name}: ${said}`);
    /** @type {any} */ (this.element.querySelector("[aria-invalid]"))?.focus();
    return left;
  }
}
