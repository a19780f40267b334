/** The limits of a device: lines on its charts, and from which side of them a value is a problem. */

import { el, icon } from "../page/element.js";
import { RestError, send, devicePath } from "../page/rest.js";
import { complaints } from "../page/form-dialog.js";
import { humanise } from "../page/format.js";
import { same } from "./merge.js";
import { t, tx } from "../page/language.js";
import { tellTheirs } from "./edit-form.js";

const MOST = 8; // lines of a metric
const SIDES = /** @type {const} */ (["above", "below"]);

/** @typedef {{value: number|null, label: string, op?: "above"|"below"}} Line */

/** Lines as they are kept. @param {Line[]} lines @returns {Line[]} */
export const plain = (lines) => lines.map(({ value, label, op }) => ({ value, label: label ?? "", ...(op ? { op } : {}) }));

export class LimitRows {
  /** @param {string} uid @param {() => void} touched @param {((metric: string) => void)|null} drag leads to the chart of a metric */
  constructor(uid, touched, drag) {
    this.uid = uid;
    this.touched = touched;
    this.drag = drag;
    /** By metric, as saved. @type {Record<string, Line[]>} */ this.saved = {};
    /** @type {Map<string, {element: HTMLElement, lines: HTMLElement, note: HTMLElement}>} */ this.groups = new Map();
    this.element = el("div", { class: "work-limits", on: { input: touched, change: touched } });
  }

  /** @param {{metric: string, unit: string, label: string, kind: string}[]} series @param {Record<string, Line[]>} saved */
  show(series, saved) {
    for (const one of series) {
      if (one.kind !== "gauge" && one.kind !== "counter") continue;
      const group = this.groups.get(one.metric) ?? this.#group(one);
      const theirs = plain(saved[one.metric] ?? []);
      const before = this.saved[one.metric] ?? [];
      const mine = this.#read(group.lines);
      if (same(mine, before)) this.#fill(group.lines, theirs);
      else if (!same(before, theirs) && !same(mine, theirs)) this.#tell(group, theirs);
      this.saved[one.metric] = theirs;
    }
  }

  #group(/** @type {any} */ { metric, unit, label }) {
    const lines = el("ol", { class: "work-lines" });
    const note = el("div", { class: "work-note", attrs: { role: "status" } });
    const name = label || humanise(metric);
    const add = el("button", { class: "button tiny", text: t("Add a limit"), attrs: { type: "button", "aria-label": t("Add a limit to {metric}", { metric: name }) }, on: { click: () => { this.#add(lines, null); this.touched(); } } });
    const drag = this.drag && el("button", { class: "button tiny", text: t("Drag on the chart"), attrs: { type: "button", "aria-label": t("Drag limits on the chart of {metric}", { metric: name }) }, on: { click: () => this.drag?.(metric) } });
    const element = el("div", { class: "work-row", attrs: { role: "group", "aria-label": name } }, el("p", { class: "small" }, name, el("span", { class: "quiet", text: unit ? ` ${unit}` : "" })), lines, note, el("p", { class: "work-acts" }, add, ...(drag ? [drag] : [])));
    const group = { element, lines, note };
    this.groups.set(metric, group);
    this.element.append(element);
    return group;
  }

  #fill(/** @type {HTMLElement} */ list, /** @type {Line[]} */ lines) {
    if (same(this.#read(list), lines)) return;
    list.replaceChildren();
    for (const line of lines) this.#add(list, line);
  }

  #add(/** @type {HTMLElement} */ list, /** @type {Line|null} */ line) {
    if (list.children.length >= MOST) return;
    const side = el("select", { class: "field", attrs: { "aria-label": t("Side that is a problem") } },
      ...SIDES.map((op) => el("option", { text: op === "above" ? tx("limit", "above") : tx("limit", "below"), attrs: { value: op } })), ...(line && !line.op ? [el("option", { text: t("as measured"), attrs: { value: "" } })] : []));
    /** @type {HTMLSelectElement} */ (side).value = line ? line.op ?? "" : "above";
    const value = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "number", step: "any", "aria-label": t("Limit"), required: "" } }));
    value.value = line ? String(line.value) : "";
    const label = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { maxlength: "40", placeholder: t("What it says on the chart"), "aria-label": t("Its label") } }));
    label.value = line?.label ?? "";
    const row = el("li", {}, side, value, label, el("button", { class: "button bare square", attrs: { type: "button", "aria-label": t("Take the limit away") }, on: { click: () => { row.remove(); this.touched(); } } }, icon("i-close")));
    list.append(row);
    if (!line) value.focus();
  }

  /** A field that is empty is null: the server says that it has to be a number. @returns {Line[]} */
  #read(/** @type {HTMLElement} */ list) {
    return [...list.children].map((row) => {
      const [side, value, label] = /** @type {any} */ (row.querySelectorAll(".field"));
      return { value: value.value === "" ? null : Number(value.value), label: label.value.trim(), ...(side.value ? { op: side.value } : {}) };
    });
  }

  #tell(/** @type {{lines: HTMLElement, note: HTMLElement}} */ { lines, note }, /** @type {Line[]} */ theirs) {
    const said = theirs.map(({ value, label }) => `${value}${label && ` ${label}`}`).join(", ") || t("none");
    tellTheirs(note, said, () => this.#fill(lines, theirs));
  }

  get isDirty() {
    return [...this.groups].some(([metric, { lines }]) => !same(this.#read(lines), this.saved[metric] ?? []));
  }

  /** @returns {Promise<string[]>} what went wrong and has no place of its own */
  async save() {
    const wrong = [];
    for (const [metric, { lines, note }] of this.groups) {
      const mine = this.#read(lines);
      const was = this.saved[metric] ?? [];
      if (same(mine, was)) continue;
      try {
        await writeLimits(this.uid, metric, mine, was);
        this.saved[metric] = mine;
        note.replaceChildren();
      } catch (error) {
        if (!(error instanceof RestError)) throw error;
        if (error.status === 409 && error.body?.now) {
          this.#tell({ lines, note }, plain(error.body.now.lines));
          this.saved[metric] = plain(error.body.now.lines);
        } else note.replaceChildren(el("p", { class: "small error", text: error.status === 400 ? Object.values(complaints(error.body)).join(" ") : error.message }));
        wrong.push(`${humanise(metric)}: ${t("its limits are not saved.")}`);
      }
    }
    return wrong;
  }
}

/** @param {string} uid @param {string} metric @param {Line[]} lines @param {Line[]} was */
export const writeLimits = (uid, metric, lines, was) => send("PUT", `${devicePath(uid)}/thresholds/`, { metric, lines, was });
