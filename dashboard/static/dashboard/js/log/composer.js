/** Where one writes: a field that keeps what was typed, offers the names of people, and shows what goes with it. */

import { complete, likely, typedName } from "./mentions.js";
import { drafts, newId, outbox, people } from "./desk.js";
import { el, icon, setText } from "../page/element.js";
import { placeName } from "./drafts.js";
import { serverNow } from "../time/clock.js";
import { span, viewWords } from "./words.js";
import { t } from "../page/language.js";

const MOST = 10_000; // characters, as many as the server keeps
const ROWS = [2, 10]; // lines of the field

export class Composer {
  /** @param {import("./drafts.js").Place & {note?: boolean}} place
   * @param {{label: string, view?: () => string, sent?: () => void, choice?: HTMLElement}} options `view`: what one looks at, where that may go with it;
   *   `choice`: a control of where it is written, which calls `moveTo` */
  constructor(place, { label, view, sent, choice }) {
    this.place = place;
    this.sent = sent;
    /** what goes with it @type {{view: string, starts: number|null, ends: number|null}} */ this.attached = { view: "", starts: null, ends: null };
    this.field = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field", attrs: { rows: String(ROWS[0]), maxlength: String(MOST), "aria-label": label, placeholder: label, autocomplete: "off" } }));
    this.names = el("ul", { class: "names", attrs: { role: "listbox", "aria-label": t("Who is meant"), hidden: "", id: `names-${newId()}` } });
    this.chips = el("p", { class: "attachments" });
    this.said = el("p", { class: "quiet small", attrs: { role: "status" } });
    this.button = el("button", { class: "button main", text: t("Write") });
    const attach = view ? [el("button", { class: "button bare", attrs: { type: "button", title: t("It opens as it is now") }, on: { click: () => this.attach({ view: view() }) } }, icon("i-fleet"), el("span", { text: t("Attach this view") }))] : [];
    this.element = el("form", { class: "composer", data: { needs: "operator" }, on: { submit: (event) => { event.preventDefault(); this.send(); } } },
      this.chips, el("div", { class: "composer-field" }, this.names, this.field), el("div", { class: "composer-foot" }, ...(choice ? [choice] : []), ...attach, this.said, this.button));
    /** index of the name that Enter takes */ this.at = 0;
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("blur", () => setTimeout(() => { this.names.hidden = true; }, 150));
    this.restore();
  }

  /** What was begun here. */
  restore() {
    const draft = drafts.read(placeName(this.place));
    this.field.value = draft?.text ?? "";
    this.attached = { view: draft?.view ?? "", starts: draft?.starts ?? null, ends: draft?.ends ?? null };
    this.#shown();
  }

  /** What is being written goes somewhere else. @param {import("./drafts.js").Place & {note?: boolean}} place */
  moveTo(place) {
    const { value } = this.field;
    drafts.keep(placeName(this.place), null);
    this.place = place;
    if (value.trim() || this.attached.view || this.attached.starts !== null) this.#keep();
    else this.restore();
  }

  /** @param {{view?: string, starts?: number|null, ends?: number|null}} what */
  attach(what) {
    Object.assign(this.attached, what);
    this.#keep();
    this.#shown();
  }

  #keep() {
    const kept = drafts.keep(placeName(this.place), { text: this.field.value, ...this.attached });
    setText(this.said, kept ? "" : t("This browser keeps no drafts: it is lost with the page."));
  }

  #shown() {
    const now = serverNow();
    const { view, starts, ends } = this.attached;
    const chip = (/** @type {string} */ name, /** @type {string} */ text, /** @type {() => void} */ drop) => el("span", { class: "attached" }, icon(name), el("span", { class: "clip", text }),
      el("button", { class: "button bare tiny", attrs: { type: "button", "aria-label": t("Leave out {what}", { what: text }) }, on: { click: drop } }, icon("i-close")));
    this.chips.replaceChildren(
      ...(starts === null || this.place.note ? [] : [chip("i-clock", span(starts, ends, now), () => this.attach({ starts: null, ends: null }))]),
      ...(view ? [chip("i-fleet", viewWords(view, now), () => this.attach({ view: "" }))] : []));
    this.#grow();
  }

  #grow() {
    this.field.rows = Math.min(ROWS[1], Math.max(ROWS[0], this.field.value.split("\n").length));
  }

  async #typed() {
    this.#keep();
    this.#grow();
    const typed = typedName(this.field.value, this.field.selectionStart);
    const names = typed ? likely(typed.typed, await people()) : [];
    this.at = 0;
    this.names.hidden = names.length === 0;
    this.names.replaceChildren(...names.map((name, i) => el("li", {
      text: name, attrs: { role: "option", "aria-selected": String(i === 0) }, on: { pointerdown: (event) => { event.preventDefault(); this.#take(name); } },
    })));
  }

  #take(/** @type {string} */ name) {
    const typed = typedName(this.field.value, this.field.selectionStart);
    this.names.hidden = true;
    if (!typed) return;
    const { text, caret } = complete(this.field.value, typed, name);
    this.field.value = text;
    this.field.setSelectionRange(caret, caret);
    this.#keep();
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const { key } = event;
    if (!this.names.hidden) {
      const options = [...this.names.children];
      if (key === "ArrowDown" || key === "ArrowUp") {
        this.at = (this.at + (key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
        options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.at)));
      } else if (key === "Enter" || key === "Tab") this.#take(options[this.at].textContent ?? "");
      else if (key === "Escape") this.names.hidden = true;
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    // A finger has no Shift to begin a line with.
    const sends = key === "Enter" && !event.isComposing && !event.shiftKey && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches);
    if (sends) {
      event.preventDefault();
      this.send();
    } else if (key === "Escape") {
      event.stopPropagation();
      this.field.blur();
    }
  }

  /** @returns {boolean} whether it is on its way, and safe in this browser until it is saved */
  send() {
    const text = this.field.value.trim();
    if (!text) {
      this.field.focus();
      return false;
    }
    const { note: _, ...place } = this.place;
    if (!outbox.send({ ...place, text, ...this.attached, client_id: newId() })) {
      setText(this.said, t("Too much waits to be saved. It stays here until that is done."));
      return false;
    }
    this.field.value = "";
    this.attached = { view: "", starts: null, ends: null };
    drafts.keep(placeName(this.place), null);
    setText(this.said, "");
    this.#shown();
    this.sent?.();
    return true;
  }
}
