/** The form of one rule, as fields or as JSON, with each mistake beside its field. */

import { byId, setText } from "../page/element.js";
import { definition, facts, isFormed } from "./definition.js";
import { showMistakes } from "../page/mistakes.js";
import { ValueRows } from "./value-rows.js";
import { t } from "../page/language.js";

export class RuleForm {
  /** @type {Record<string, string>} why the fields cannot take it: it stands until something is done about it */
  #refused = {};

  /** @param {() => void} changed whatever is typed */
  constructor(changed) {
    this.form = /** @type {HTMLFormElement} */ (byId("form"));
    this.values = new ValueRows(() => changed());
    this.asJson = false;
    this.form.addEventListener("input", () => {
      this.#refused = {};
      this.#showPattern();
      changed();
    });
    byId("as-json").addEventListener("click", () => {
      const before = this.definition;
      if (this.asJson && (before === null || !isFormed(before))) {
        this.#refused = { json: before === null ? t("This is no JSON.") : t("The fields cannot hold all of this: it stays JSON.") };
        this.showErrors({});
        return;
      }
      this.show(before, !this.asJson);
      changed();
    });
  }

  get name() {
    return this.#field("name").value.trim();
  }

  /** @param {string} text */
  set name(text) {
    this.#field("name").value = text;
  }

  /** What is written; null while the JSON is none. @returns {any} */
  get definition() {
    if (this.asJson) {
      try {
        return JSON.parse(byId("json").value);
      } catch {
        return null;
      }
    }
    const found = /** @type {any} */ ({ values: this.values.read() });
    for (const field of this.#fields()) if (field.name !== "name") found[field.name] = field.value.trim();
    return definition(found);
  }

  /** @param {any} given @param {boolean} [asJson] */
  show(given, asJson = !isFormed(given)) {
    this.asJson = asJson;
    byId("as-json").setAttribute("aria-pressed", String(asJson));
    byId("json-field").hidden = !asJson;
    for (const field of this.form.querySelectorAll(":scope > .fields > *")) {
      /** @type {HTMLElement} */ (field).hidden = asJson && !field.querySelector("[name=name]");
    }
    byId("json").value = JSON.stringify(given, null, 2);
    const found = asJson ? facts({}) : facts(given);
    for (const field of this.#fields()) if (field.name !== "name") field.value = found[field.name] ?? "";
    this.values.show(found.values);
    const folded = [...byId("more").querySelectorAll("[name]")];
    if (folded.some((field) => field.value)) byId("more").open = true;
    this.#showPattern();
    this.#refused = {};
    this.showErrors({});
  }

  /** @param {Record<string, string>} errors by field of the definition */
  showErrors(errors) {
    showMistakes(this.form, Object.entries({ ...errors, ...this.#refused }));
  }

  #showPattern() {
    byId("pattern-field").hidden = this.asJson || this.#field("payload").value !== "text";
  }

  /** @returns {any[]} */
  #fields() {
    return [...this.form.querySelectorAll("[name]")];
  }

  /** @returns {any} */
  #field(/** @type {string} */ name) {
    return this.form.querySelector(`[name="${name}"]`);
  }

  /** What the bridge would subscribe to. @param {string|null} filter */
  showFilter(filter) {
    setText(byId("subscribes"), filter ? t("The bridge listens to {filter}", { filter }) : "");
  }
}
