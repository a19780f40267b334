/** A sheet at the right of the page to work in: it does not go with what is not saved unless one says so. */

import { el, icon } from "../page/element.js";
import { t } from "../page/language.js";

/** The one that is open. @type {Drawer|null} */
let present = null;

export class Drawer {
  /** @param {string} title @param {{isDirty?: () => boolean, closed?: () => void, wide?: boolean}} [options] */
  constructor(title, { isDirty = () => false, closed = () => {}, wide = false } = {}) {
    present?.close();
    this.isDirty = isDirty;
    this.heading = el("h2", { class: "clip", text: title, attrs: { id: "work-title", tabindex: "-1" } });
    this.body = el("div", { class: "work-body" });
    this.unsaved = el("div", { class: "work-unsaved", attrs: { role: "alert", hidden: "" } }, el("span", { text: t("What you wrote is not saved.") }),
      el("button", { class: "button", text: t("Discard it"), on: { click: () => this.close() } }),
      el("button", { class: "button main", text: t("Go on editing"), on: { click: () => { this.unsaved.hidden = true; } } }));
    this.footer = el("footer", { attrs: { hidden: "" } });
    this.element = /** @type {HTMLDialogElement} */ (el("dialog", { class: `work-drawer${wide ? " is-wide" : ""}`, attrs: { "aria-labelledby": "work-title" } },
      el("header", {}, this.heading, el("button", { class: "button bare square", attrs: { "aria-label": t("Close") }, on: { click: () => this.leave() } }, icon("i-close"))),
      this.body, this.unsaved, this.footer));
    // Not `cancel`: a browser lets that be refused once only.
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    });
    this.element.addEventListener("pointerdown", (event) => event.target === this.element && this.leave());
    this.element.addEventListener("close", () => {
      if (present === this) present = null;
      this.element.remove();
      closed();
    });
    present = this;
    document.body.append(this.element);
    this.element.showModal();
    this.heading.focus();
  }

  /** Close unless something would be lost. */
  leave() {
    if (!this.isDirty()) this.close();
    else {
      this.unsaved.hidden = false;
      /** @type {HTMLElement} */ (this.unsaved.lastElementChild).focus();
    }
  }

  close() {
    if (this.element.open) this.element.close();
  }

  /** @param {...HTMLElement} buttons */
  foot(...buttons) {
    this.footer.replaceChildren(...buttons);
    this.footer.hidden = buttons.length === 0;
  }
}

/** A heading and what is below it. @param {string} title @param {...Node} children */
export function section(title, ...children) {
  return el("section", { class: "work-section" }, el("h3", { text: title }), ...children);
}

/** Something shown once, to be copied. @param {string} text @param {string} label what it is */
export function shownOnce(text, label) {
  const button = el("button", { class: "button", attrs: { type: "button", "aria-label": label } }, icon("i-copy"), t("Copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.querySelector("use")?.setAttribute("href", "#i-check");
  });
  return el("div", { class: "command work-once" }, el("pre", { text }), button);
}

/** @param {string} text */
export function trouble(text) {
  return el("p", { class: "wrong", text, attrs: { role: "alert" } });
}
