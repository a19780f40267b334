/** The form of one derived series: what is written, what is wrong with it and where, what it would give. */

import { byId, el, setText } from "../page/element.js";
import { InputRows } from "./input-rows.js";
import { get, send } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { showPlot } from "./preview-plot.js";
import { t } from "../page/language.js";

const WAIT = 300; // ms after a key until it is tried
const HOURS = 6;
const DAY = 86_400_000; // ms

export class DerivedForm {
  /** @param {() => void} changed whatever is typed */
  constructor(changed) {
    this.form = /** @type {HTMLFormElement} */ (byId("form"));
    this.timer = 0;
    // Only what the formula names: another name is a mistake when it is saved, not while it is written.
    this.attempt = newest((/** @type {{formula: string, inputs: any[]}} */ { formula, inputs }) => send("POST", "/api/v1/derived/preview/", { formula, at: "", hours: HOURS, inputs }),
      (tried, { inputs }) => this.#tried(tried, inputs), ({ message }) => byId("formula-said").replaceChildren(el("span", { class: "error", text: message })));
    this.searchDevices = newest((/** @type {string} */ words) => get(`/api/v1/devices/?page_size=20&search=${encodeURIComponent(words)}`), ({ results }) => {
      byId("devices").replaceChildren(...results.map((/** @type {any} */ one) => el("option", { attrs: { value: one.uid, label: one.name } })));
      setText(byId("saved"), "");
    }, () => setText(byId("saved"), t("The devices cannot be searched now.")));
    this.rows = new InputRows(() => this.#soon());
    this.form.addEventListener("input", () => {
      changed();
      this.#soon();
    });
    this.field("device").addEventListener("input", () => this.searchDevices(this.field("device").value));
  }

  /** @returns {any} */
  field(/** @type {string} */ name) {
    return this.form.elements.namedItem(name);
  }

  /** @param {import("./derived-list.js").Derived|null} derived */
  show(derived) {
    this.isNew = derived === null;
    clearTimeout(this.timer);
    this.attempt.forget(); // it was of the one that was open
    this.field("formula").value = derived?.formula ?? "";
    for (const [name, value] of Object.entries({ device: derived?.device ?? "", metric: derived?.series.metric ?? "", unit: derived?.series.unit ?? "" })) {
      this.field(name).value = value;
      this.field(name).disabled = derived !== null;
    }
    this.field("backfill").value = "";
    byId("backfill-field").hidden = derived !== null;
    this.rows.begin(derived?.inputs ?? []);
    this.#showNames(this.rows.names, derived?.at ?? "");
    this.showErrors({});
    byId("formula-said").replaceChildren();
    byId("plot").replaceChildren(el("p", { class: "none", text: t("The last hours appear here") }));
    if (derived) this.#soon(0);
  }

  /** As the server takes it. */
  read() {
    const found = /** @type {any} */ ({ formula: this.field("formula").value.trim(), inputs: this.rows.read(), at: this.field("at").value });
    if (!this.isNew) return found;
    const days = Number(this.field("backfill").value);
    for (const name of ["device", "metric", "unit"]) found[name] = this.field(name).value.trim();
    if (days) found.backfill_from = new Date(Date.now() - days * DAY).toISOString();
    return found;
  }

  /** What has to be written before it can be saved, by field. @returns {Record<string, string>} */
  missing() {
    const said = { device: t("Choose the device that gets the series."), metric: t("Give the series a name.") };
    return Object.fromEntries(Object.entries(said).filter(([name]) => !this.field(name).value.trim()));
  }

  /** @param {Record<string, string>} errors by field */
  showErrors(errors) {
    for (const shown of this.form.querySelectorAll(".error")) shown.remove();
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const left = Object.entries(errors).filter(([name, said]) => !this.#showError(name, said));
    byId("errors").hidden = left.length === 0;
    byId("errors").replaceChildren(...left.map(([name, said]) => el("li", { text: name ? `${name}: ${said}` : said })));
  }

  #showError(/** @type {string} */ name, /** @type {string} */ said) {
    const field = this.form.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (!field) return false;
    if (!field.matches("fieldset")) field.setAttribute("aria-invalid", "true");
    field.append(...(field.matches("fieldset") ? [el("span", { class: "error", text: said })] : []));
    if (!field.matches("fieldset")) field.after(el("span", { class: "error", text: said }));
    return true;
  }

  #soon(wait = WAIT) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.attempt(this.read()), wait);
  }

  #tried(/** @type {any} */ tried, /** @type {any[]} */ inputs) {
    if (!tried.errors.inputs || tried.names.length >= inputs.length) return this.#showTried(tried);
    this.#showNames(tried.names, this.field("at").value);
    this.#soon(0);
  }

  #showTried(/** @type {any} */ tried) {
    const said = byId("formula-said");
    const mistake = tried.errors.formula;
    this.field("formula").toggleAttribute("aria-invalid", false);
    if (mistake && this.field("formula").value.trim()) {
      this.field("formula").setAttribute("aria-invalid", "true");
      said.replaceChildren(el("span", { class: "error", text: mistake }), ...this.#place(tried.character));
    } else if (tried.errors.inputs) said.replaceChildren(tried.errors.inputs);
    else if (tried.kind) said.replaceChildren(tried.kind === "boolean" ? t("It gives true or false.") : tried.unit ? t("It gives {unit}.", { unit: tried.unit }) : t("It gives numbers without a unit."));
    else said.replaceChildren();
    if (!mistake || tried.names.length) this.#showNames(tried.names, this.field("at").value);
    if (this.isNew) this.field("unit").placeholder = tried.unit;
    showPlot(byId("plot"), tried);
  }

  /** The formula around the mistake, with a mark below it. @param {number|null} character from 1 */
  #place(character) {
    if (character === null) return [];
    const text = this.field("formula").value.trim().replace(/\s/g, " ");
    const from = Math.max(0, character - 21);
    return [el("pre", { class: "mono", text: `${text.slice(from, character + 19)}\n${" ".repeat(character - 1 - from)}^`, attrs: { "aria-hidden": "true" } })];
  }

  #showNames(/** @type {string[]} */ names, /** @type {string} */ at) {
    this.rows.show(names);
    const select = this.field("at");
    if ([...select.options].map((each) => each.value).join() === names.join()) return;
    select.replaceChildren(...names.map((name) => el("option", { text: name, attrs: { value: name } })));
    select.value = names.includes(at) ? at : names[0] ?? "";
  }
}
