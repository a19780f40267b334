/** What a formula gave of the last hours, as a line with its ends. */

import { bare, THIN } from "../page/format.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";
import { el } from "../page/element.js";
import { FoldedTable } from "../charts/folded-table.js";
import { clock } from "../time/moment.js";
import { t } from "../page/language.js";

/** What is shown. @type {import("../charts/folded-table.js").Drawn} */
let drawn = { series: { metric: "", unit: "" }, rows: [], texts: [] };
const table = new FoldedTable(() => drawn);
const GAP = 5; // usual steps without a result after which the line breaks

/** @param {HTMLElement} area @param {any} tried as POST /api/v1/derived/preview/ answers */
export function showPlot(area, tried) {
  const rows = tried.points;
  drawn = { series: { metric: t("Result"), unit: tried.unit }, rows: rows.map((/** @type {number[]} */ [at, value]) => [at, value, null, null, null]), texts: [] };
  table.changed();
  if (!rows.length) {
    const text = Object.keys(tried.errors).length ? t("Nothing to show yet") : t("There is no result in this time.");
    area.replaceChildren(el("p", { class: "none", text }));
    return;
  }
  const values = rows.map((/** @type {number[]} */ row) => row[1]);
  const series = { unit: tried.unit, kind: tried.kind };
  const said = (/** @type {number} */ value) => `${bare(value, series)}${tried.unit && `${THIN}${tried.unit}`}`;
  const low = said(Math.min(...values));
  const high = said(Math.max(...values));
  const picture = sparkline();
  drawSparkline(picture, { rows, from: tried.from, to: tried.now, gapAfter: GAP * usualStep(rows) });
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-hidden", "false");
  picture.setAttribute("aria-label", t("From {low} to {high}, now {said}", { low, high, said: said(values[values.length - 1]) }));
  area.replaceChildren(picture, el("div", { class: "ends" }, el("span", { text: high }), el("span", { text: low })),
    el("div", { class: "times" }, el("span", { text: clock(tried.from) }), el("span", { text: clock(tried.now) })), table.element);
}

function usualStep(/** @type {number[][]} */ rows) {
  const steps = rows.slice(1).map((row, at) => row[0] - rows[at][0]).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 60_000;
}
