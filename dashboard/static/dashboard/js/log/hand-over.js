/** Hand over the shift: what happened since one came, as text to copy, send or print. */

import { byId, el, icon, setText, toast } from "../page/element.js";
import { number } from "../page/format.js";
import { get } from "../page/rest.js";
import { moment, when, zoneName } from "../time/moment.js";
import { newest } from "../page/newest.js";
import { serverNow } from "../time/clock.js";
import { t, tn } from "../page/language.js";

const HOUR = 3_600_000; // ms
const SPANS = /** @type {[string, number|null][]} */ ([[t("Since I came"), null], [t("8 h"), 8 * HOUR], [t("12 h"), 12 * HOUR], [t("24 h"), 24 * HOUR]]);

export class HandOver {
  /** @param {() => string} site slug of the one that is looked at, or "" */
  constructor(site) {
    this.site = site;
    /** ms before now; null: since one logged in @type {number|null} */ this.span = null;
    this.ask = newest((/** @type {URLSearchParams} */ query) => get(`/api/v1/log/since/?${query}`), (answer) => this.#show(answer), ({ message }) => {
      setText(this.said, t("It could not be read. {why}", { why: message }));
      this.said.hidden = false;
    });
    this.dialog = /** @type {HTMLDialogElement} */ (byId("hand-over"));
    this.text = el("pre", { class: "hand-over-text", attrs: { tabindex: "0", "aria-label": t("What happened") } });
    this.facts = el("p", { class: "soft" });
    this.said = el("p", { class: "wrong", attrs: { role: "alert", hidden: "" } });
    this.spans = el("div", { class: "segments", attrs: { role: "group", "aria-label": t("Since when") } }, ...SPANS.map(([text, ms]) => el("button", { text, data: { ms: String(ms) }, on: { click: () => { this.span = ms; this.read(); } } })));
    this.dialog.replaceChildren(
      el("header", {}, el("h2", { text: t("Hand over"), attrs: { id: "hand-over-title" } }), el("button", { class: "button bare square", attrs: { "aria-label": t("Close") }, on: { click: () => this.dialog.close() } }, icon("i-close"))),
      el("div", { class: "hand-over-body" }, this.spans, this.facts, this.said, this.text,
        el("div", { class: "acts" }, el("button", { class: "button main", text: t("Copy"), on: { click: () => this.copy() } }), el("button", { class: "button", text: t("Print"), on: { click: () => print() } }))));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    this.dialog.showModal();
    this.read();
  }

  read() {
    for (const button of this.spans.children) button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.ms === String(this.span)));
    const query = new URLSearchParams({ zone: zoneName() || "UTC", ...(this.span === null ? {} : { from: String(serverNow() - this.span) }), ...(this.site() ? { site: this.site() } : {}) });
    this.ask(query);
  }

  #show(/** @type {any} */ answer) {
    this.said.hidden = true;
    setText(this.text, answer.text);
    const many = Object.values(answer.counts).reduce((sum, count) => sum + Number(count), 0);
    setText(this.facts, [t("Since {when}", { when: when(answer.from, serverNow()) }), tn("{n} entry", "{n} entries", many, { n: number(many, 0) }),
      ...(answer.people.length ? [t("by {names}", { names: answer.people.join(", ") })] : []), ...(answer.more ? [t("the newest are shown")] : [])].join(" · "));
    this.facts.title = moment(answer.from);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text.textContent ?? "");
      toast(t("Copied."));
    } catch {
      // No secure context, or forbidden: it is chosen, for the keys of the system.
      getSelection()?.selectAllChildren(this.text);
      toast(t("This browser does not let the page copy; the text is selected."));
    }
  }
}
