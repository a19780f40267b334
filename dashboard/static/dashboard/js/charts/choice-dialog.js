/** One of several, chosen in a dialog. */

import { t } from "../page/language.js";
import { el, icon } from "../page/element.js";

export class ChoiceDialog {
  constructor() {
    this.title = el("h2");
    this.list = el("div", { class: "choices" });
    this.element = /** @type {HTMLDialogElement} */ (el("dialog", { attrs: { "aria-label": t("Choose") } },
      el("header", {}, this.title, el("button", { class: "button bare square", attrs: { "aria-label": t("Close") }, on: { click: () => this.element.close() } }, icon("i-close"))), this.list));
    document.body.append(this.element);
  }

  /** @param {string} question @param {{words: string, act: () => void}[]} choices */
  ask(question, choices) {
    this.title.textContent = question;
    this.list.replaceChildren(...choices.map(({ words, act }) => el("button", { class: "item", text: words, attrs: { type: "button" }, on: { click: () => {
      this.element.close();
      act();
    } } })));
    this.element.showModal();
  }
}
