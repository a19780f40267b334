/** The last 24 hours of the pipeline: four lines with what is normal, or a table by the hour. */

import { byId, el, setText } from "../page/element.js";
import { duration, number } from "../page/format.js";
import { HOUR, ahead } from "../time/zone.js";
import { range, written } from "./verdict.js";
import { byHour, troubled } from "./past-shape.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { hourAndMinute } from "../time/moment.js";
import { PastChart } from "./past-chart.js";
import { t } from "../page/language.js";

const REFRESH = 60_000; // ms: there is one more minute

const rate = (/** @type {string} */ title) => ({
  title, least: 1, write: (/** @type {number} */ value) => `${written(value)}/s`,
  normal: (/** @type {[number, number]|null} */ band) => (band ? t("usually {range} a second", { range: range(band) }) : t("what is usual is known after an hour")),
});

export class PipelinePast {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {[number, number]|null} */ this.usual = null;
    this.normalLag = 5_000; // ms, until the server has said
    /** @type {import("./verdict.js").Past|null} */ this.sum = null;
    this.charts = {
      messages: new PastChart(rate(t("Messages finished"))), readings: new PastChart(rate(t("Readings stored"))),
      lag: new PastChart({ title: t("Lag"), least: 1, write: (value) => duration(value), normal: (band) => t("normal up to {duration}", { duration: duration(band?.[1] ?? 0) }) }),
      spool: new PastChart({ title: t("Spool"), least: 1, write: (value) => number(value, 0), normal: () => t("normal is empty") }),
    };
    this.read = inTurn(() => this.#read());
    byId("past-charts").replaceChildren(...Object.values(this.charts).map((chart) => chart.element));
    byId("past-as-table").addEventListener("click", () => this.#turn());
  }

  start() {
    this.read();
    setInterval(() => !document.hidden && this.read(), REFRESH);
    document.addEventListener("visibilitychange", () => !document.hidden && this.read());
  }

  async #read() {
    try {
      this.#show(await get("/api/v1/pipeline/past/"));
      byId("past-trouble").hidden = true;
    } catch (error) {
      byId("past-trouble").hidden = false;
      setText(byId("past-trouble"), t("The last 24 hours could not be read; it is tried again. {message}", { message: /** @type {Error} */ (error).message }));
    }
  }

  #show(/** @type {any} */ { from, to, points, usual, normal_lag_ms: normalLag }) {
    const column = (/** @type {number} */ i) => points.map((/** @type {number[]} */ row) => [row[0], row[i]]);
    this.usual = usual.messages;
    this.normalLag = normalLag;
    this.sum = troubled(points, to, normalLag);
    this.charts.messages.show(column(1), from, to, usual.messages);
    this.charts.readings.show(column(2), from, to, usual.readings);
    this.charts.lag.show(column(4), from, to, [0, normalLag]);
    this.charts.spool.show(column(5), from, to, null);
    byId("past-empty").hidden = points.length > 0;
    this.#fill(points);
    this.changed();
  }

  #fill(/** @type {import("./past-shape.js").Row[]} */ points) {
    const hours = byHour(points, (at) => Math.floor((at + ahead(at)) / HOUR) * HOUR - ahead(at));
    byId("past-rows").replaceChildren(...hours.map(([at, messages, readings, refused, lag, spooled]) => el("tr", {},
      ...[hourAndMinute(at), written(messages), written(readings), written(refused), duration(lag), number(spooled, 0)].map((text, i) => el(i ? "td" : "th", { text, attrs: i ? {} : { scope: "row" } })))));
  }

  #turn() {
    const table = byId("past-table").hidden;
    byId("past-table").hidden = !table;
    byId("past-charts").hidden = table;
    byId("past-as-table").setAttribute("aria-pressed", String(table));
  }
}
