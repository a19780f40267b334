/** The table of a chart that has no menu, folded below it; it is made when it is opened. */

import { bare } from "../page/format.js";
import { el } from "../page/element.js";
import { TableView } from "./table-view.js";
import { tableRows } from "./table-text.js";
import { t } from "../page/language.js";

/** @typedef {{series: {metric: string, unit: string}, rows: import("./points.js").Row[], texts: import("./points.js").Said[]}} Drawn */

export class FoldedTable {
  /** @param {() => Drawn} drawn what the chart shows */
  constructor(drawn) {
    let series = drawn().series;
    const rows = () => {
      const now = drawn();
      series = now.series;
      return tableRows(series, now.rows, now.texts);
    };
    this.view = new TableView(rows, 1, (cell) => (typeof cell === "number" ? bare(cell, series) : String(cell)));
    this.generation = 0;
    this.element = /** @type {HTMLDetailsElement} */ (el("details", { class: "folded-table" }, el("summary", { text: t("Table") }), this.view.element));
    this.element.addEventListener("toggle", () => {
      if (this.element.open !== this.view.isShown) this.view.toggle();
      this.view.fill(String(this.generation));
    });
  }

  /** The chart shows something else. */
  changed() {
    this.generation += 1;
    this.view.fill(String(this.generation));
  }
}
