/** What is visible of each series, as a table: how many, between what, how much in all, how long within its limits, and from what it was read. */

import { duration, number, THIN, withUnit } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { integralUnit, rangeOf, sumOf } from "./sums.js";
import { t } from "../page/language.js";
import { thresholdsOf } from "../charts/chart-source.js";
import { DAY, HOUR, MINUTE } from "../time/zone.js";
import { NAMES } from "./aggregates.js";

/** @typedef {import("../charts/points.js").Row} Row */

/** The rows of a series that are in the window. @param {import("../time/time-line.js").TimeLine} timeLine @param {number} id @returns {Row[]} */
export const visible = (timeLine, id) => timeLine.points(id).within(timeLine.selection ?? timeLine.bounds());

const FROM = /** @type {Record<string, string>} */ ({
  readings: t("from every reading"), rollup_1m: t("from the summaries of minutes"), rollup_1h: t("from the hourly summaries"), rollup_1d: t("from the daily summaries"),
});
const HELD = new Set(["mean", "median", "time_weighted_mean", "first", "last"]); // what a series was for the length of a bucket: it has an integral

/** What the summary of a width is, where the server has not said it. @param {number} bucket ms */
const levelOf = (bucket) => (bucket % DAY === 0 ? "rollup_1d" : bucket % HOUR === 0 ? "rollup_1h" : bucket % MINUTE === 0 ? "rollup_1m" : "readings");

/** From what a series was read. @param {import("../charts/points.js").Points} points @param {import("./view-text.js").View} view */
function sourceOf({ bucket, rows, fresh, read }, { interval, agg }) {
  if (!rows.length) return "–";
  if (bucket === null) return t("every reading");
  const of = interval && agg !== "mean" ? t("{agg} of {length}", { agg: NAMES[agg], length: interval }) : t("means of {length}", { length: interval || duration(bucket) });
  return [of, FROM[read ?? levelOf(bucket)] ?? "", fresh ? t("the newest as they came") : ""].filter(Boolean).join(", ");
}

export class Figures {
  /** @param {import("./explore-line.js").ExploreLine} timeLine */
  constructor(timeLine) {
    this.timeLine = timeLine;
    this.key = "";
    this.table = byId("figures");
  }

  /** @param {any[]} series of numbers, each with its `colourName` @param {import("./view-text.js").View} view */
  show(series, view) {
    const { timeLine } = this;
    const rows = series.map((one) => this.#row(one, view));
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

  #row(/** @type {any} */ one, /** @type {import("./view-text.js").View} */ view) {
    const points = this.timeLine.points(one.id);
    const lines = thresholdsOf(one.of, one.metric);
    const sum = sumOf(visible(this.timeLine, one.id), { gapAfter: points.gapAfter(one.of.expected_interval), bucket: points.bucket, lines });
    const value = (/** @type {number} */ given) => withUnit(given, one);
    const cells = sum === null ? ["0", "–", "–", "–", "–", "–", "–"] : [number(sum.count, 0), value(sum.low), value(sum.mean), value(sum.high), value(sum.last), view.interval && !HELD.has(view.agg) ? "–" : this.#area(sum.area, one.unit, sum.isRough),
      sum.within === null || rangeOf(lines) === null ? "–" : `${sum.isRough ? "≈" : ""}${number(100 * sum.within, 1)}${THIN}%`];
    return { colour: one.colourName, name: one.label, cells: [...cells, sourceOf(points, view)] };
  }

  #area(/** @type {number|null} */ area, /** @type {string} */ unit, /** @type {boolean} */ isRough) {
    if (area === null) return "–";
    const { unit: whole, hours } = integralUnit(unit);
    return `${isRough ? "≈" : ""}${number(Number((area * hours).toPrecision(5)))}${THIN}${whole}`;
  }
}
