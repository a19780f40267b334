/** What is drawn as files, and the rows behind it as links. */

import { byId, el } from "../page/element.js";
import { csv, joinedRows, tableRows } from "../charts/table-text.js";
import { fileName, offer } from "../charts/chart-file.js";
import { t } from "../page/language.js";
import { visible } from "./figures.js";

/** @param {import("../charts/chart-cards.js").ChartCards} charts @param {import("./explore-line.js").ExploreLine} timeLine @param {() => any[]} drawn */
export function wireExport(charts, timeLine, drawn) {
  const menu = byId("export");
  const item = (/** @type {string} */ text, /** @type {() => void} */ act) => el("button", { class: "item", text, attrs: { type: "button" }, on: { click: () => {
    menu.removeAttribute("open");
    act();
  } } });
  const table = () => {
    const tables = drawn().filter(({ kind }) => kind !== "text").map((one) => tableRows(one, visible(timeLine, one.id)));
    if (tables.length) offer(new Blob([csv(joinedRows(tables))], { type: "text/csv;charset=utf-8" }), fileName("explore", "series", timeLine.bounds(), "csv"));
  };
  const link = (/** @type {string} */ text, /** @type {string} */ format) => {
    const { from, to } = timeLine.selection ?? timeLine.bounds();
    const ids = drawn().filter(({ shifted }) => !shifted).map(({ id }) => id);
    return el("a", { class: "item", text, attrs: { href: `/api/v1/readings/?series=${ids.join()}&from=${Math.floor(from)}&to=${Math.ceil(to)}&format=${format}`, download: "" } });
  };
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    byId("export-list").replaceChildren(
      item(t("What is drawn, as CSV"), table), ...charts.cards.filter(({ chart }) => chart).map((card) => item(t("Picture of {name}", { name: card.name }), () => card.download("png"))),
      ...(drawn().length ? [el("hr"), link(t("Every reading, as CSV"), "csv"), link(t("Every reading, as Parquet"), "parquet")] : []));
  });
}
