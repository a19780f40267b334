/** What one does about alerts: asked for where something is to be said, sent, and told how it went. */

import { byId, el, toast } from "../page/element.js";
import { counted } from "../page/format.js";
import { fieldInstant } from "../time/time-field.js";
import { get, send } from "../page/rest.js";
import { serverNow } from "../time/clock.js";
import { recognised, t } from "../page/language.js";

const HOUR = 3_600_000; // ms
const SNOOZES = /** @type {[string, number][]} */ ([[t("1 hour"), HOUR], [t("8 hours"), 8 * HOUR], [t("1 day"), 24 * HOUR]]);
const DONE = /** @type {Record<string, string>} */ ({ acknowledge: t("acknowledged"), unacknowledge: t("taken back"), assign: t("assigned"), snooze: t("snoozed"), comment: t("commented on") });

/** @typedef {"acknowledge"|"unacknowledge"|"assign"|"snooze"|"comment"} Act */

export class Acts {
  /** @param {string} me @param {(alerts: import("./standing.js").Alert[]) => void} changed told of them as they are now */
  constructor(me, changed) {
    this.me = me;
    this.changed = changed;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("ask"));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.before?.focus());
    /** what had the focus @type {HTMLElement|null} */ this.before = null;
  }

  /** @param {Act} act @param {number[]} ids @param {Record<string, any>} [more] what it needs besides */
  async carryOut(act, ids, more = {}) {
    if (!ids.length) return;
    try {
      const { alerts } = await send("POST", `/api/v1/alerts/${act}/`, { ids, ...more });
      this.changed(alerts.map((/** @type {any} */ each) => each.alert).filter(Boolean));
      const left = alerts.filter((/** @type {any} */ each) => !each.changed);
      const done = alerts.length - left.length;
      if (ids.length > 1 && done) toast(`${counted(done, "alert")} ${DONE[act]}.`);
      if (left.length) toast(left.length === 1 ? recognised(left[0].detail) : t("{left} not: {detail}", { left: left.length, detail: recognised(left[0].detail) }));
    } catch (error) {
      toast(t("Not done. {message}", { message: /** @type {Error} */ (error).message }));
    }
  }

  /** The act as a key or a button asks for it. @param {string} act @param {number[]} ids */
  ask(act, ids) {
    if (!ids.length) return;
    if (act === "assign") this.#assign(ids);
    else if (act === "snooze") this.#snooze(ids);
    else if (act === "comment") this.#comment(ids);
    else this.carryOut(/** @type {Act} */ (act), ids);
  }

  #show(/** @type {string} */ title, /** @type {Node[]} */ fields, /** @type {() => void} */ done) {
    this.before = /** @type {HTMLElement|null} */ (document.activeElement);
    const form = el("form", { class: "ask", attrs: { method: "dialog" }, on: { submit: done } }, ...fields);
    this.dialog.replaceChildren(el("header", {}, el("h2", { text: title, attrs: { id: "ask-title" } }),
      el("button", { class: "button bare tiny", text: t("Cancel"), on: { click: () => this.dialog.close() } })), form);
    this.dialog.showModal();
  }

  async #assign(/** @type {number[]} */ ids) {
    const choice = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { autofocus: "" } },
      el("option", { text: t("{me} (me)", { me: this.me }), attrs: { value: this.me } }), el("option", { text: t("Nobody"), attrs: { value: "" } })));
    this.#show(t("Assign {what} to", { what: this.#what(ids) }), [el("label", {}, el("span", { text: t("Whom") }), choice), el("button", { class: "button main", text: t("Assign") })],
      () => this.carryOut("assign", ids, { to: choice.value || null }));
    try {
      const { people } = await get("/api/v1/alerts/people/");
      choice.append(...people.filter((/** @type {string} */ name) => name !== this.me).map((/** @type {string} */ name) => el("option", { text: name, attrs: { value: name } })));
    } catch {
      // Oneself and nobody are there to choose.
    }
  }

  #snooze(/** @type {number[]} */ ids) {
    const until = (/** @type {number} */ at) => {
      this.dialog.close();
      this.carryOut("snooze", ids, { until: Math.round(at) });
    };
    const at = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "datetime-local" } }));
    this.#show(t("Snooze {what}", { what: this.#what(ids) }), [
      el("div", { class: "choices" }, ...SNOOZES.map(([text, ms], i) => el("button", {
        class: "button", text, attrs: { type: "button", ...(i ? {} : { autofocus: "" }) }, on: { click: () => until(serverNow() + ms) },
      })), el("button", { class: "button", text: t("No more"), attrs: { type: "button" }, on: { click: () => {
        this.dialog.close();
        this.carryOut("snooze", ids, { until: null });
      } } })),
      el("label", {}, el("span", { text: t("or until") }), at), el("button", { class: "button main", text: t("Snooze until then") }),
    ], () => at.value && this.carryOut("snooze", ids, { until: fieldInstant(at.value) }));
  }

  #comment(/** @type {number[]} */ ids) {
    const text = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field", attrs: { rows: "3", maxlength: "2000", autofocus: "" } }));
    this.#show(t("Say about {what}", { what: this.#what(ids) }), [el("label", {}, el("span", { class: "unseen", text: t("Comment") }), text), el("button", { class: "button main", text: t("Comment") })],
      () => text.value.trim() && this.carryOut("comment", ids, { text: text.value }));
  }

  #what(/** @type {number[]} */ ids) {
    return ids.length === 1 ? t("this alert") : t("{length} alerts", { length: ids.length });
  }
}
