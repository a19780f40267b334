/** What is visible of each series, as a table: how many, between what, how much in all, how long within its limits, and from what it was read. */

import { bare, duration, number, THIN } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { integralUnit, rangeOf, sumOf } from "./sums.js";
import { lowerBound } from "../charts/points.js";
import { t } from "../page/language.js";

/** @typedef {import("../charts/points.js").Row} Row */

/** The rows of a series that are in the window. @param {import("../time/time-line.js").TimeLine} timeLine @param {number} id @returns {Row[]} */
export function visible(timeLine, id) {
  const { selection } = timeLine;
  const { from, to } = selection ?? timeLine.bounds();
  const { rows } = timeLine.points(id);
  return rows.slice(lowerBound(rows, from), lowerBound(rows, to + 1));
}

/** From what a series was read. @param {import("../charts/points.js").Points} points */
function sourceOf({ bucket, rows, fresh }) {
  if (!rows.length) return "–";
  if (bucket === null) return t("every reading");
  return fresh ? t("means of {length}, the newest as they came", { length: duration(bucket) }) : t("means of {length}", { length: duration(bucket) });
}

export class Figures {
  /** @param {import("./explore-line.js").ExploreLine} timeLine */
  constructor(timeLine) {
    this.timeLine = timeLine;
    this.key = "";
    this.table = byId("figures");
  }

  /** @param {any[]} series of numbers, each with its `colourName` */
  show(series) {
    const { timeLine } = this;
    const rows = series.map((one) => this.#row(one));
    const key = JSON.stringify(rows);
    byId("figures-card").hidden = rows.length === 0;
    setText(byId("figures-of"), timeLine.selection ? t("of the selection") : t("of what is visible"));
    if (key === this.key) return;
    this.key = key;
    const head = [t("Series"), t("count"), t("min"), t("mean"), t("max"), t("last"), t("integral"), t("within limits"), t("read from")];
    this.table.replaceChildren(el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { text, attrs: { scope: "col" } })))),
      el("tbody", {}, ...rows.map(({ colour, name, cells }) => {
        const swatch = el("i", { class: "swatch" });
        swatch.style.background = `var(${colour})`;
        return el("tr", {}, el("th", { attrs: { scope: "row" } }, swatch, el("span", { text: name })), ...cells.map((text) => el("td", { text })));
      })));
  }

  #row(/** @type {any} */ one) {
    const points = this.timeLine.points(one.id);
    const lines = one.of.thresholds[one.metric] ?? [];
    const sum = sumOf(visible(this.timeLine, one.id), { gapAfter: points.gapAfter(one.of.expected_interval), bucket: points.bucket, lines });
    const value = (/** @type {number} */ given) => `${bare(given, one)}${one.unit ? THIN + one.unit : ""}`;
    const cells = sum === null ? ["0", "–", "–", "–", "–", "–", "–"] : [number(sum.count, 0), value(sum.low), value(sum.mean), value(sum.high), value(sum.last), this.#area(sum.area, one.unit, sum.isRough),
      sum.within === null || rangeOf(lines) === null ? "–" : `${sum.isRough ? "≈" : ""}${number(100 * sum.within, 1)}${THIN}%`];
    return { colour: one.colourName, name: one.label, cells: [...cells, sourceOf(points)] };
  }

  #area(/** @type {number|null} */ area, /** @type {string} */ unit, /** @type {boolean} */ isRough) {
    if (area === null) return "–";
    const { unit: whole, hours } = integralUnit(unit);
    return `${isRough ? "≈" : ""}${number(Number((area * hours).toPrecision(5)))}${THIN}${whole}`;
  }
}
