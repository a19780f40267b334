/** A file of readings, imported from the explore page: first how it would be read, then how far it is, then its series on the chart. */

import { MOST_BYTES, formatOf, inWordsOfForm, packed, pathOf } from "./import-file.js";
import { byId, el, setText } from "../page/element.js";
import { get, sendFile } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { number, size, withUnit } from "../page/format.js";
import { recognised, t, tn } from "../page/language.js";
import { moment } from "../time/moment.js";

const SETTLE = 300; // ms after the last change until the file is looked at again
const ASK = 1_000; // ms between two looks at how far it is

export class ImportDialog {
  /** @param {(names: string[], from: number, to: number) => void} show of series, ms */
  constructor(show) {
    this.show = show;
    this.dialog = byId("import-dialog");
    this.form = byId("import-form");
    this.turn = 0; // counts looks
    /** @type {any} */ this.timer = 0;
    /** @type {any} what the file is, as it was looked at last */ this.seen = null;
    this.isRunning = false;
    /** The sites there are to choose from, once. */ this.sites = inTurn(() => this.#sites());
    byId("import-open").addEventListener("click", () => this.#open());
    this.form.addEventListener("change", (/** @type {Event} */ event) => this.#changed(/** @type {HTMLInputElement} */ (event.target).name === "file"));
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#start();
    });
    byId("import-show").addEventListener("click", () => this.#show());
  }

  /** @returns {File|undefined} */
  get file() {
    return this.form.elements.file.files[0];
  }

  #open() {
    if (!byId("import-zones").children.length) byId("import-zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => el("option", { attrs: { value: zone } })));
    this.sites();
    this.dialog.showModal();
  }

  async #sites() {
    if (this.form.elements.site.options.length > 1) return;
    try {
      const { results } = await get("/api/v1/sites/?page_size=1000&ordering=name");
      this.form.elements.site.append(...results.map((/** @type {any} */ { slug, name }) => el("option", { text: name, attrs: { value: slug } })));
    } catch {
      // Without them a device is registered at none.
    }
  }

  #changed(/** @type {boolean} */ isOther) {
    if (this.isRunning) return;
    this.seen = null;
    this.turn += 1; // what is being looked at is not what is chosen now
    byId("import-start").disabled = true;
    byId("import-show").hidden = true;
    if (isOther) this.#fresh();
    clearTimeout(this.timer);
    if (this.file) this.timer = setTimeout(() => this.#look(), isOther ? 0 : SETTLE);
  }

  /** Nothing is known of another file. */
  #fresh() {
    for (const select of this.#columnFields()) select.replaceChildren();
    const format = formatOf(this.file?.name ?? "");
    for (const label of this.form.querySelectorAll("[data-for]")) label.hidden = format === "influx";
    byId("import-mapping").hidden = true;
    byId("import-preview").hidden = true;
    this.#say("");
  }

  #columnFields() {
    return /** @type {HTMLSelectElement[]} */ ([...this.form.querySelectorAll("select[data-columns]")]);
  }

  /** @param {string} said @param {string} [wrong] */
  #say(said, wrong = "") {
    setText(byId("import-said"), said);
    byId("import-wrong").hidden = !wrong;
    setText(byId("import-wrong"), wrong && inWordsOfForm(recognised(wrong), (field) => this.#label(field)));
  }

  /** How the form calls an option. */
  #label(/** @type {string} */ field) {
    const label = this.form.elements[field]?.closest?.("label");
    return label ? [...label.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ textContent }) => textContent).join("").trim() : "";
  }

  /** @param {boolean} isTried @returns {Promise<any>} */
  async #send(isTried) {
    const file = /** @type {File} */ (this.file);
    const fields = [...new FormData(this.form)].filter(([name]) => name !== "file");
    const body = await packed(file);
    if (body.size > MOST_BYTES) throw new Error(t("Packed it has {size}, more than the {most} of one upload: cut it, or have it imported on the server by manage.py import.", { size: size(body.size), most: size(MOST_BYTES) }));
    return sendFile(pathOf(file.name, fields, isTried), body);
  }

  async #look() {
    const turn = ++this.turn;
    this.#say(t("Looking at the file"));
    try {
      const seen = await this.#send(true);
      if (turn === this.turn) this.#preview(seen);
    } catch (error) {
      if (turn !== this.turn) return;
      const { body, message } = /** @type {import("../page/rest.js").RestError} */ (error);
      byId("import-preview").hidden = true;
      this.#mapping(body?.columns ?? [], null);
      this.#say("", message);
    }
  }

  /** What can be chosen, and what was found. @param {string[]} columns @param {Record<string, string>|null} layout */
  #mapping(columns, layout) {
    byId("import-mapping").hidden = !this.file;
    for (const select of this.#columnFields()) {
      if (columns.length && select.options.length <= 1) {
        select.replaceChildren(el("option", { attrs: { value: "" } }), ...columns.map((name) => el("option", { text: name, attrs: { value: name } })));
      }
      const found = layout?.[select.name];
      if (select.options.length) setText(select.options[0], found && !select.value ? t("found: {column}", { column: found }) : t("what its name tells"));
    }
  }

  /** @param {any} seen what a dry run answered */
  #preview(seen) {
    this.seen = seen;
    const { report, error } = seen;
    this.#mapping(report.columns, report.layout);
    const n = number(report.readings, 0);
    this.#say(tn("{n} reading of {series} series, {span}", "{n} readings of {series} series, {span}", report.readings, { n, series: number(report.series, 0), span: this.#span(report) }), error);
    byId("import-preview").hidden = false;
    byId("import-sample").replaceChildren(...report.sample.map((/** @type {any} */ one) => el("tr", {},
      el("td", { text: String(one.line) }), el("td", { text: moment(Date.parse(one.time)) }), el("td", { text: one.device }), el("td", { text: one.metric }),
      el("td", { text: typeof one.value === "number" ? withUnit(one.value, { unit: one.unit, kind: "gauge", precision: null }) : one.value }))));
    const { missing_devices: missing, missing_count: count } = report;
    byId("import-missing").hidden = !count;
    setText(byId("import-missing"), tn("{n} device is not registered: {names}", "{n} devices are not registered: {names}", count, { n: number(count, 0), names: missing.slice(0, 5).join(", ") + (count > 5 ? " …" : "") }));
    this.#problems(report);
    byId("import-start").disabled = Boolean(error);
  }

  #span(/** @type {any} */ { first, last }) {
    return first ? `${moment(Date.parse(first))} – ${moment(Date.parse(last))}` : "";
  }

  #problems(/** @type {any} */ report) {
    const wrong = report.rejected + report.too_old + report.conflicts;
    byId("import-problems").hidden = !report.problems.length;
    setText(byId("import-problems-count"), tn("{n} value is left out", "{n} values are left out", wrong, { n: number(wrong, 0) }));
    byId("import-problems-list").replaceChildren(...report.problems.map((/** @type {any} */ { line, why }) => el("li", { text: t("Line {line}: {why}", { line, why: recognised(why) }) })));
  }

  async #start() {
    if (!this.seen || this.isRunning) return;
    this.isRunning = true;
    byId("import-start").disabled = true;
    const sent = this.#send(false); // with the fields, which a disabled form has none of
    byId("import-mapping").disabled = true;
    this.form.elements.file.disabled = true;
    const bar = byId("import-progress");
    bar.hidden = false;
    bar.removeAttribute("value");
    this.#say(t("Importing"));
    try {
      let row = await sent;
      while (row.state === "running") {
        const done = row.rows_total ? row.rows_done / row.rows_total : 0;
        bar.value = done;
        this.#say(t("Importing: {done} of {total} rows", { done: number(row.rows_done, 0), total: number(row.rows_total, 0) }));
        await new Promise((resolve) => setTimeout(resolve, ASK));
        row = await get(`/api/v1/readings/imports/${row.id}/`);
      }
      this.#done(row);
    } catch (error) {
      this.#say("", /** @type {Error} */ (error).message);
    }
    bar.hidden = true;
    this.isRunning = false;
    byId("import-mapping").disabled = false;
    this.form.elements.file.disabled = false;
  }

  #done(/** @type {any} */ row) {
    if (row.state === "failed") return this.#say(t("What was stored by then stays. Import the file again: it goes on there."), row.error);
    const { counts, report } = row;
    const parts = [tn("{n} reading is stored", "{n} readings are stored", counts.stored, { n: number(counts.stored, 0) })];
    if (counts.repeated) parts.push(tn("{n} was there before", "{n} were there before", counts.repeated, { n: number(counts.repeated, 0) }));
    const out = counts.rejected + counts.too_old + counts.conflicts;
    if (out) parts.push(tn("{n} value is left out", "{n} values are left out", out, { n: number(out, 0) }));
    this.#say(`${parts.join(" · ")}.`);
    this.#problems(report);
    byId("import-show").hidden = !this.seen.report.names.length;
  }

  #show() {
    const { names, first, last } = this.seen.report;
    this.dialog.close();
    this.show(names, Date.parse(first), Date.parse(last));
  }
}
