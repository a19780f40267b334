/** What was written and is not saved yet, below the entries of its place. */

import { el, icon } from "../page/element.js";
import { me, outbox } from "./desk.js";
import { placeName } from "./drafts.js";
import { written } from "./written.js";
import { t } from "../page/language.js";

export class UnsentList {
  /** @param {(written: import("./drafts.js").Written) => boolean} shows those that belong here */
  constructor(shows) {
    this.shows = shows;
    this.element = el("ol", { class: "unsent", attrs: { "aria-label": t("Not saved yet") } });
    this.listener = () => this.show();
    outbox.addEventListener("changed", this.listener);
    this.show();
  }

  end() {
    outbox.removeEventListener("changed", this.listener);
  }

  show() {
    const all = outbox.all.filter((one) => this.shows(one.written));
    const key = JSON.stringify(all.map(({ written: { client_id }, failed }) => [client_id, failed]));
    if (this.element.dataset.key === key) return;
    this.element.dataset.key = key;
    this.element.replaceChildren(...all.map((one) => {
      const { client_id, text } = one.written;
      const state = one.failed === null ? [el("span", { class: "quiet", text: t("Saving") })] : [
        icon("i-warn"), el("span", { text: t("Not saved. {why}", { why: one.failed }) }),
        el("button", { class: "button tiny", text: t("Retry"), on: { click: () => outbox.retry(client_id) } }),
        el("button", { class: "button bare tiny", text: t("Drop"), on: { click: () => confirm(t("Drop it? It is saved nowhere else.")) && outbox.forget(client_id) } }),
      ];
      return el("li", { class: one.failed === null ? "entry is-said" : "entry is-said is-failed" }, written(text, { me }), el("p", { class: "unsent-state" }, ...state));
    }));
  }
}

/** Those that belong to a place. @param {import("./drafts.js").Place} place */
export const writtenAt = (place) => (/** @type {import("./drafts.js").Written} */ one) => placeName(one) === placeName(place);
