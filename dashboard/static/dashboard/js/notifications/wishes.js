/** What one is told, and when: a form that saves each change by itself. */

import { byId, el, setText } from "../page/element.js";
import { night, shortly, withDay } from "./hours.js";
import { complaints } from "../page/form-dialog.js";
import { send } from "../page/rest.js";
import { WEEKDAYS } from "../time/moment.js";
import { t } from "../page/language.js";

const PAUSES = [[t("1 hour"), 3_600_000], [t("Until tomorrow"), 86_400_000], [t("1 week"), 604_800_000]];
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""; // hours are meant by the clock one looks at

export class Wishes {
  /** @param {string} path of the REST object */
  constructor(path) {
    this.path = path;
    /** @type {any} */ this.shown = null;
    this.saves = 0; // asked for and ended: an answer from before one says nothing
    this.waiting = 0; // saves that have not ended
    /** @type {Promise<void>} */ this.last = Promise.resolve();
    this.form = /** @type {HTMLFormElement} */ (byId("wishes"));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const field of /** @type {NodeListOf<any>} */ (this.form.querySelectorAll("[name]"))) {
      field.addEventListener("change", () => {
        const value = this.#value(field);
        this.#save(() => ({ [field.name]: value }));
      });
    }
    byId("add-quiet").addEventListener("click", () => this.#save(({ quiet }) => ({ quiet: [...quiet, night()] })));
    byId("take-zone").addEventListener("click", () => this.#save(() => ({ zone: HERE })));
    byId("pauses").replaceChildren(...PAUSES.map(([word, ms]) => el("button", {
      class: "button tiny", text: String(word), attrs: { type: "button" }, on: { click: () => this.#save(({ now }) => ({ paused_until: now + Number(ms) })) },
    })));
  }

  /** @param {any} facts as the server says them */
  show(facts) {
    this.shown = facts;
    for (const field of /** @type {NodeListOf<any>} */ (this.form.querySelectorAll("[name]"))) {
      if (field === document.activeElement && field.type !== "checkbox") continue; // somebody is writing there
      const value = facts[field.name];
      if (field.type === "checkbox") field.checked = value;
      else field.value = Array.isArray(value) ? value.join(", ") : value;
    }
    byId("zone-here").hidden = !HERE || facts.zone === HERE;
    setText(byId("zone-here").firstElementChild, t("The clock of this browser is that of {zone}.", { zone: HERE }));
    this.#showTimes();
  }

  /** When one is told nothing. */
  #showTimes() {
    const facts = this.shown;
    byId("quiet").inert = false;
    byId("quiet").replaceChildren(...facts.quiet.map((/** @type {any} */ _, /** @type {number} */ at) => this.#row(at)));
    byId("quiet-none").hidden = facts.quiet.length > 0;
    const paused = facts.paused_until !== null && facts.paused_until > facts.now;
    const until = paused ? t("Paused until {shortly}.", { shortly: shortly(facts.paused_until, facts.now) }) : facts.quiet_until ? t("Quiet now, until {shortly}.", { shortly: shortly(facts.quiet_until, facts.now) }) : t("You are told now.");
    setText(byId("standing"), until);
    byId("unpause").hidden = !paused;
    byId("unpause").onclick = () => this.#save(() => ({ paused_until: null }));
  }

  #value(/** @type {any} */ field) {
    if (field.type === "checkbox") return field.checked;
    if (field.type === "number") return Number(field.value);
    return field.name === "digest_at" ? field.value.split(/[\s,]+/).filter(Boolean) : field.value;
  }

  #row(/** @type {number} */ at) {
    const window = this.shown.quiet[at];
    const change = (/** @type {(each: any) => any} */ facts) => this.#save(({ quiet }) => ({ quiet: quiet.map((/** @type {any} */ each, /** @type {number} */ number) => (number === at ? { ...each, ...facts(each) } : each)) }));
    const time = (/** @type {"from"|"to"} */ name) => {
      const field = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "time", "aria-label": name === "from" ? t("From") : t("To") }, data: { act: `${name}-${at}` } }));
      field.value = window[name];
      field.addEventListener("change", () => {
        const { value } = field;
        if (value) change(() => ({ [name]: value }));
      });
      return field;
    };
    const days = WEEKDAYS.map((word, number) => el("button", {
      class: "button tiny", text: word, attrs: { type: "button", "aria-pressed": String(window.days.includes(number + 1)) }, data: { act: `${word}-${at}` },
      on: { click: () => change(({ days }) => ({ days: withDay(days, number + 1, !window.days.includes(number + 1)) })) },
    }));
    return el("li", {}, el("div", { class: "days", attrs: { role: "group", "aria-label": t("Days on which they begin") } }, ...days), time("from"), el("span", { text: t("to") }), time("to"),
      el("button", { class: "button tiny", text: t("Remove"), attrs: { type: "button" }, on: { click: () => {
        byId("quiet").inert = true; // the others' places change
        this.#save(({ quiet }) => ({ quiet: quiet.filter((/** @type {any} */ _, /** @type {number} */ number) => number !== at) }));
      } } }));
  }

  /** One after the other: no older answer covers what was changed since, and each changes what the one before has left.
   * @param {(shown: any) => any} facts */
  #save(facts) {
    this.saves += 1;
    this.waiting += 1;
    setText(byId("wishes-saved"), t("Saving"));
    const next = () => this.#send(facts);
    this.last = this.last.then(next, next);
  }

  async #send(/** @type {(shown: any) => any} */ facts) {
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.act;
    for (const shown of this.form.querySelectorAll(".error")) shown.remove();
    try {
      this.shown = await send("PATCH", this.path, facts(this.shown));
      this.saves += 1;
      this.waiting -= 1;
      if (this.waiting) return; // it is shown with the next
      this.show(this.shown);
      setText(byId("wishes-saved"), t("Saved"));
    } catch (error) {
      this.waiting -= 1;
      const { body, message } = /** @type {import("../page/rest.js").RestError} */ (error);
      const told = Object.entries(complaints(body));
      for (const [name, said] of told) this.form.querySelector(`[data-field="${CSS.escape(name.split(".")[0])}"]`)?.append(el("span", { class: "error", text: said, attrs: { role: "alert" } }));
      setText(byId("wishes-saved"), told.length ? t("Not saved") : t("Not saved: {message}", { message }));
      if (!this.waiting) this.#showTimes(); // what was saved before stands
    }
    if (focused) /** @type {HTMLElement|null} */ (this.form.querySelector(`[data-act="${CSS.escape(focused)}"]`))?.focus();
  }
}
