/** What each metric of a device is called, in which unit and with how many decimals. */

import { EditForm } from "./edit-form.js";
import { el } from "../page/element.js";
import { RestError, send } from "../page/rest.js";
import { complaints } from "../page/form-dialog.js";
import { t } from "../page/language.js";

const MOST_DECIMALS = 9;

/** @returns {import("./edit-form.js").Field[]} */
const FIELDS = () => [
  { name: "label", label: t("Called"), attrs: { maxlength: "120" } },
  { name: "unit", label: t("Unit"), attrs: { maxlength: "32" } },
  { name: "precision", label: t("Decimals"), type: "select",
    options: [{ value: null, label: t("as needed") }, ...Array.from({ length: MOST_DECIMALS + 1 }, (_, n) => ({ value: n, label: String(n) }))] },
];

export class SeriesRows {
  constructor(/** @type {() => void} */ touched) {
    this.touched = touched;
    /** @type {Map<number, {form: EditForm, element: HTMLElement, metric: string}>} */ this.rows = new Map();
    this.element = el("div", { class: "work-series" });
  }

  /** These are the series now. @param {any[]} series as REST lists them */
  show(series) {
    const ids = new Set(series.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    for (const one of series) {
      const there = this.rows.get(one.id);
      if (there) there.form.show(one);
      else this.#add(one);
    }
    if (!this.rows.size) this.element.replaceChildren(el("p", { class: "quiet", text: t("It has sent nothing yet. Each value it sends becomes a metric here.") }));
    else this.element.querySelector(":scope > .quiet")?.remove();
  }

  #add(/** @type {any} */ { id, metric, ...saved }) {
    const form = new EditForm(FIELDS(), this.touched);
    form.show(saved);
    form.element.setAttribute("role", "group");
    form.element.setAttribute("aria-label", metric);
    const element = el("div", { class: "work-row" }, el("p", { class: "mono small clip", text: metric, attrs: { title: metric } }), form.element);
    this.rows.set(id, { form, element, metric });
    this.element.append(element);
  }

  get isDirty() {
    return [...this.rows.values()].some(({ form }) => form.isDirty);
  }

  /** Save what one has changed. @returns {Promise<string[]>} what went wrong and has no field of its own */
  async save() {
    const wrong = [];
    for (const [id, { form, metric }] of this.rows) {
      if (!form.isDirty) continue;
      try {
        form.show(await send("PATCH", `/api/v1/series/${id}/`, { ...form.changes, was: form.was }));
        form.complain({});
      } catch (error) {
        if (!(error instanceof RestError)) throw error;
        if (error.status === 409 && error.body?.now) form.show({ ...form.saved, ...error.body.now });
        const left = error.body && error.status === 400 ? form.complain(complaints(error.body)) : [error.message];
        wrong.push(...left.map((said) => `${metric}: ${said}`));
      }
    }
    return wrong;
  }
}
