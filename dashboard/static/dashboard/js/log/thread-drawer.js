/** A thread beside the page: what it began with, the answers, and where one answers. One at a time. */

import { el, icon, setText } from "../page/element.js";
import { EntryRow } from "./entry-row.js";
import { get } from "../page/rest.js";
import { heard } from "./desk.js";
import { LogPanel } from "./log-panel.js";
import { reading } from "./reading.js";
import { t } from "../page/language.js";

/** @typedef {import("./stream.js").Entry} Entry */

class ThreadDrawer {
  constructor() {
    this.element = el("aside", { class: "card thread-drawer", attrs: { "aria-labelledby": "thread-title", hidden: "" } });
    this.title = el("h2", { text: t("Thread"), attrs: { id: "thread-title", tabindex: "-1" } });
    this.root = el("ol", { class: "entries thread-root" });
    this.said = el("p", { class: "wrong", attrs: { hidden: "" } });
    this.area = el("div");
    this.element.append(el("header", {}, this.title, el("button", { class: "button bare square", attrs: { "aria-label": t("Close"), title: t("Close") }, on: { click: () => this.close() } }, icon("i-close"))), this.root, this.said, this.area);
    document.body.append(this.element);
    /** @type {number|null} */ this.id = null;
    /** @type {EntryRow|null} */ this.row = null;
    /** @type {LogPanel|null} */ this.panel = null;
    /** @type {HTMLElement|null} */ this.before = null;
    /** told which is open @type {(id: number|null) => void} */ this.shown = () => {};
    heard.addEventListener("entry", (event) => {
      const entry = /** @type {CustomEvent} */ (event).detail;
      if (entry !== null && entry.id === this.id) this.row?.update(entry);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.element.hidden || document.querySelector("dialog[open]")) return;
      event.stopImmediatePropagation();
      this.close();
    }, { capture: true });
  }

  /** @param {number} id of its first entry @param {boolean} answer whether one wants to write */
  async open(id, answer) {
    if (this.id !== id) {
      this.panel?.end();
      this.root.replaceChildren();
      this.row = null;
      this.before ??= /** @type {HTMLElement|null} */ (document.activeElement);
      this.id = id;
      this.panel = new LogPanel(this.area, { place: { thread: id }, label: t("Reply in this thread"), nothing: t("No reply yet."), open: () => {}, read: (newest) => reading.mark(newest, { thread: id }) });
    }
    this.element.hidden = false;
    document.body.classList.add("has-thread");
    if (answer) this.panel?.composer.field.focus();
    else this.title.focus();
    this.shown(id);
    await this.#read(id);
  }

  async #read(/** @type {number} */ id) {
    try {
      const { entry } = await get(`/api/v1/log/${id}/`);
      if (this.id !== id) return;
      this.said.hidden = true;
      if (entry.thread !== null) return void this.open(entry.thread, false); // a link to an answer
      if (this.row) this.row.update(entry);
      else {
        this.row = new EntryRow(entry, { open: (_, answer) => answer && this.panel?.composer.field.focus(), of: () => undefined, within: "thread" });
        this.root.replaceChildren(this.row.element);
      }
      setText(this.title, entry.device ? t("Thread on {name}", { name: entry.device.name || entry.device.uid }) : entry.site ? t("Thread at {name}", { name: entry.site.name }) : t("Thread"));
      reading.mark(entry, { thread: id });
    } catch (error) {
      if (this.id !== id) return;
      const { status, message } = /** @type {import("../page/rest.js").RestError} */ (error);
      setText(this.said, status === 404 ? t("There is no such entry, or you may not see it.") : t("It could not be read. {why}", { why: message }));
      this.said.hidden = false;
    }
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    document.body.classList.remove("has-thread");
    this.panel?.end();
    this.panel = null;
    this.id = null;
    this.row = null;
    this.before?.focus();
    this.before = null;
    this.shown(null);
  }
}

/** @type {ThreadDrawer|null} */ let drawer = null;

/** The one of this page. */
export function threadDrawer() {
  drawer ??= new ThreadDrawer();
  return drawer;
}

/** @param {number} id of its first entry, or of an answer @param {boolean} [answer] whether one wants to write */
export const openThread = (id, answer = false) => threadDrawer().open(id, answer);
