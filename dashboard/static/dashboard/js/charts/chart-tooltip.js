/** Beside the cursor: the instant in the viewer's zone, and every series of the chart that is pointed at; the other heads say theirs. */

import { bare } from "../page/format.js";
import { el } from "../page/element.js";
import { markAt, marksOn } from "./drawn-marks.js";
import { moment } from "../time/moment.js";
import { nameOf } from "./series-head.js";
import { NEAR } from "../time/timespan.js";
import { worded } from "../page/language.js";

const AWAY = 16; // px from the pointer

export class ChartTooltip {
  /** @param {import("../time/time-line.js").TimeLine} timeLine @param {import("./chart-cards.js").ChartCards} charts */
  constructor(timeLine, charts) {
    this.timeLine = timeLine;
    this.charts = charts;
    /** what it was last drawn for @type {string|null} */ this.key = null;
    this.element = el("div", { class: "tooltip", attrs: { hidden: "", "aria-hidden": "true" } });
    document.body.append(this.element);
    document.addEventListener("pointermove", (event) => {
      this.x = event.clientX;
      this.y = event.clientY;
    }, { passive: true });
  }

  draw() {
    const { cursor: time, pointer, drag } = this.timeLine;
    const card = this.charts.cards.find(({ all }) => all.some(({ series }) => series.id === pointer.series));
    // It would cover the selection; and a finger has the values in the heads, where it does not cover them.
    this.element.hidden = time === null || drag !== null || pointer.touch || !card;
    if (time === null || !card || this.element.hidden) {
      this.key = null;
      return;
    }
    const key = `${time}|${pointer.series}|${this.x}|${this.y}`;
    if (key === this.key) return;
    this.key = key;
    const lane = card.lanes.find(({ series }) => series.id === pointer.series);
    const heads = lane ? [lane.head] : card.heads;
    const reading = (/** @type {any} */ series) => (lane ? lane.strip.at(time) : card.chart?.at(time, series.id) ?? null);
    // The time of the reading, as its head says it; of a state, which began long ago, the pointer's.
    const at = lane || heads.length > 1 ? time : reading(heads[0].series)?.at ?? time;
    this.element.replaceChildren(el("b", { text: moment(at) }), ...heads.map(({ series, colour }) => line(series, colour, reading(series))),
      ...heads.flatMap(({ series }) => this.charts.alerts.at(series.metric, time)).map(({ said, sentence, severity }) => el("p", { data: { state: severity }, text: `▲ ${worded(said, sentence)}` })),
      ...this.#marked(time, heads.map(({ series }) => series.id)));
    this.#place();
  }

  #marked(/** @type {number} */ time, /** @type {number[]} */ series) {
    const bounds = this.timeLine.bounds();
    const mark = markAt(marksOn(this.charts.page.marks, series, bounds), time, (bounds.to - bounds.from) / NEAR);
    return mark ? [el("p", { class: "is-mark", text: mark.text })] : [];
  }

  #place() {
    const { width, height } = this.element.getBoundingClientRect();
    const left = (this.x ?? 0) + AWAY + width > innerWidth ? (this.x ?? 0) - AWAY - width : (this.x ?? 0) + AWAY;
    this.element.style.left = `${Math.max(4, left)}px`;
    this.element.style.top = `${Math.max(4, Math.min((this.y ?? 0) + AWAY, innerHeight - height - 8))}px`;
  }
}

/** @param {any} series @param {string} colour @param {import("./live-chart.js").Reading|null} reading */
function line(series, colour, reading) {
  const swatch = el("i", { class: "swatch" });
  swatch.style.background = colour;
  const unit = typeof reading?.value === "number" && series.unit ? `\u2009${series.unit}` : "";
  const [low, high] = reading && reading.low !== null ? [bare(reading.low, series), bare(reading.high, series)] : ["", ""];
  return el("div", {}, swatch, el("span", { class: "clip", text: nameOf(series) }), el("small", { text: low === high ? "" : `${low} … ${high}` }),
    el("span", { class: "at", text: reading ? bare(reading.value, series) + unit : "–" }));
}
