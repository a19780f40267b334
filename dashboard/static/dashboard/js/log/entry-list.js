/**
 * The entries of a feed in a box that scrolls: the newest below, older ones above as far back as there are any. Only a part of them
 * is in the page; what one reads stays where it is while others come.
 */

import { day } from "../time/moment.js";
import { el, setText, showRows } from "../page/element.js";
import { EntryRow } from "./entry-row.js";
import { isSaid } from "./stream.js";
import { locale, t } from "../page/language.js";

const SHOWN = 160; // rows in the page
const STEP = 60; // rows that come and go together
const NEAR = 600; // px before an end at which more come
const END = 48; // px from the newest that count as there

/** @typedef {import("./stream.js").Entry} Entry */

export class EntryList {
  /** @param {HTMLElement} box scrolls @param {import("./feed.js").Feed} feed
   * @param {{open: (id: number, answer: boolean) => void, within?: "device"|"site"|"thread", read?: (newest: Entry) => void}} told */
  constructor(box, feed, told) {
    this.box = box;
    this.feed = feed;
    this.told = told;
    this.rowsOf = { open: told.open, within: told.within, of: (/** @type {number} */ id) => this.feed.stream.held.get(id) };
    /** by id @type {Map<number, EntryRow>} */ this.rows = new Map();
    /** the place of the first row while one looks back; null at the newest @type {number|null} */ this.top = null;
    /** the last place that was seen, while one looks back */ this.seen = 0;
    /** before which entry the new ones begin @type {number|null} */ this.newFrom = null;
    this.list = el("ol", { class: "entries" });
    this.start = el("p", { class: "quiet log-start" });
    this.newer = el("button", { class: "button log-newer", attrs: { hidden: "" }, on: { click: () => this.toEnd() } });
    box.append(this.start, this.list);
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.size = new ResizeObserver(() => this.top === null && this.#down());
    this.size.observe(box);
    this.size.observe(this.list);
    feed.addEventListener("changed", () => {
      this.show();
      this.#fill();
    });
  }

  #down() {
    this.box.scrollTop = this.box.scrollHeight;
  }

  get #isDown() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < END;
  }

  /** @returns {[number, number]} the part of the entries that is in the page */
  #part() {
    const { entries } = this.feed;
    const { top } = this;
    if (top === null) return [Math.max(0, entries.length - SHOWN), entries.length];
    const first = entries.findIndex(({ place }) => place >= top);
    return first < 0 ? [Math.max(0, entries.length - SHOWN), entries.length] : [first, Math.min(entries.length, first + SHOWN)];
  }

  show() {
    const { entries, stream } = this.feed;
    const [first, last] = this.#part();
    const shown = entries.slice(first, last);
    const anchor = this.top === null ? null : this.#anchor();
    const kept = new Set(shown.map(({ id }) => id));
    for (const [id, row] of this.rows) if (!kept.has(id) && !row.editing) this.rows.delete(id);
    /** @type {Element[]} */ const rows = [];
    let before = "";
    for (const entry of shown) {
      const date = day(entry.at);
      if (date !== before) rows.push(this.#day(date));
      before = date;
      if (entry.id === this.newFrom) rows.push(this.#news());
      const row = this.rows.get(entry.id);
      if (row) row.update(entry);
      else this.rows.set(entry.id, new EntryRow(entry, this.rowsOf));
      rows.push(/** @type {EntryRow} */ (this.rows.get(entry.id)).element);
    }
    showRows(this.list, rows);
    setText(this.start, first > 0 || (stream.older && !stream.full) ? t("Scroll up for earlier entries.") : stream.full ? t("Choose a day to look further back.") : this.feed.begun && entries.length ? t("The log begins here.") : "");
    if (this.top === null) this.#down();
    else if (anchor) this.box.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top;
    this.#showNewer();
    this.#read();
  }

  /** The first entry in sight: it is not moved by what comes before it. */
  #anchor() {
    const { top } = this.box.getBoundingClientRect();
    const row = [...this.list.querySelectorAll(".entry")].find((one) => one.getBoundingClientRect().bottom > top);
    return row && { row, top: row.getBoundingClientRect().top };
  }

  #day(/** @type {string} */ date) {
    const held = this.list.querySelector(`[data-day="${date}"]`);
    if (held) return held;
    const [year, month, number] = date.split("-").map(Number);
    const words = new Date(year, month - 1, number).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    return el("li", { class: "entry-day", data: { day: date } }, el("span", { text: words }));
  }

  #news() {
    return this.list.querySelector(".entry-news") ?? el("li", { class: "entry-news" }, el("span", { text: t("New") }));
  }

  #scrolled() {
    const { entries } = this.feed;
    const [first, last] = this.#part();
    if (this.top === null && !this.#isDown) {
      this.top = entries[first]?.place ?? 0;
      this.seen = entries[entries.length - 1]?.place ?? 0;
    } else if (this.top !== null && last === entries.length && this.#isDown) {
      this.top = null;
    }
    if (this.top !== null && this.box.scrollTop < NEAR && first === 0) this.feed.older();
    else if (this.top !== null && last < entries.length && this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR) this.#move(first + STEP);
    else this.#fill();
    this.#showNewer();
    this.#read();
  }

  /** More above what is in sight: of what the page holds; of the server where there is nothing to scroll. */
  #fill() {
    const { feed, box } = this;
    const [first] = this.#part();
    if (this.top !== null && box.scrollTop < NEAR && first > 0) this.#move(first - STEP);
    else if (first === 0 && box.clientHeight > 0 && box.scrollHeight <= box.clientHeight && feed.failed === null) feed.older();
  }

  #move(/** @type {number} */ first) {
    const { entries } = this.feed;
    this.top = entries[Math.max(0, Math.min(first, entries.length - SHOWN))]?.place ?? null;
    this.show();
  }

  #showNewer() {
    const many = this.top === null ? 0 : this.feed.entries.filter(({ place }) => place > this.seen).length;
    this.newer.hidden = this.top === null;
    setText(this.newer, many ? t("{n} new ↓", { n: many }) : t("Newest ↓"));
  }

  toEnd() {
    this.top = null;
    this.show();
  }

  /** What is shown at its end, in a page that is looked at, is read. */
  #read() {
    const newest = this.feed.entries.findLast(isSaid);
    if (newest && this.top === null && !document.hidden && this.box.clientHeight > 0) this.told.read?.(newest);
  }

  /** To the next entry or the one before, by keys. @param {1|-1} way */
  step(way) {
    const rows = [...this.list.querySelectorAll(".entry")];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = /** @type {HTMLElement|undefined} */ (rows[at < 0 ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, at + way))]);
    next?.focus();
  }

  /** The row that has the focus. */
  get here() {
    const id = /** @type {HTMLElement|null} */ (document.activeElement?.closest(".entry"))?.dataset.id;
    return id === undefined ? undefined : this.rows.get(Number(id));
  }
}
