/** What a chart or a lane draws as a table; it follows the window as that does. */

import { el } from "../page/element.js";
import { moment } from "../time/moment.js";

const TABLE_ROWS = 1000; // rows shown; the CSV has all that are drawn

/** @typedef {import("./table-text.js").Cell} Cell */

export class TableView {
  /** @param {() => Cell[][]} rows a header first @param {number} times columns that are instants
   * @param {(cell: Cell, column: number) => string} write as the page writes what is no instant, by its column behind the times */
  constructor(rows, times, write) {
    this.rows = rows;
    this.times = times;
    this.write = write;
    /** what it was filled for */ this.key = "";
    this.element = el("div", { class: "table-view", attrs: { hidden: "", tabindex: "0" } });
  }

  get isShown() {
    return !this.element.hidden;
  }

  toggle() {
    this.element.hidden = this.isShown;
    this.key = "";
  }

  /** @param {string} key of what is drawn */
  fill(key) {
    if (!this.isShown || key === this.key) return;
    this.key = key;
    const [head, ...rows] = this.rows();
    const row = (/** @type {Cell[]} */ cells, /** @type {string} */ tag) => el("tr", {}, ...cells.map((text) => el(tag, { text: String(text) })));
    const text = (/** @type {Cell} */ cell, /** @type {number} */ i) => (i < this.times ? moment(Date.parse(String(cell))) : this.write(cell, i - this.times));
    const shown = rows.slice(-TABLE_ROWS).reverse().map((cells) => row(cells.map(text), "td"));
    this.element.replaceChildren(el("table", {}, el("thead", {}, row(head, "th")), el("tbody", {}, ...shown)));
  }
}
