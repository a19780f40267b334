/** One chart with its title, value, menu, table and honest empty state. */

import { age, bare, duration, humanise } from "../page/format.js";
import { fileName, offer, picture } from "./chart-file.js";
import { moment, when } from "../time/moment.js";
import { csv, stateRows, tableRows } from "./table-text.js";
import { el, icon, setText, setValue, stateMark } from "../page/element.js";
import { showTroubled } from "../device/device-side.js";
import { LiveChart } from "./live-chart.js";
import { serverNow } from "../time/clock.js";
import { StateStrip } from "./state-strip.js";
import { wireGestures } from "./chart-gestures.js";

const TABLE_ROWS = 1000; // rows shown; the CSV has all that are drawn
const COUNT_CELL = 3; // after mean, min and max
const MAX_LEGEND = 12; // words named under a strip
const STALE_INTERVALS = 3; // expected intervals after which a value is dimmed

/** The lines an operator wants on a metric's chart; a metric may be named `constructor`. @param {any} device @param {string} metric */
export const thresholdsOf = ({ thresholds = {} }, metric) => (Object.hasOwn(thresholds, metric) ? thresholds[metric] : []);

export class ChartCard {
  /**
   * @param {any} series @param {{device: any, timeLine: import("../time/time-line.js").TimeLine, room: import("./axis-room.js").AxisRoom,
   *   heard: () => import("./heard.js").Heard, alerts: import("./alert-spans.js").AlertSpans}} page @param {string} colourName
   */
  constructor(series, { device, timeLine, room, heard, alerts }, colourName) {
    this.series = series;
    this.device = device;
    this.colour = `var(${colourName})`;
    this.timeLine = timeLine;
    /** @type {[number, number|string]|null} */ this.latest = null;
    /** what the table was filled for */ this.tableKey = "";
    /** @type {HTMLElement|null} */ this.tableItem = null;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { attrs: { role: "img" } }));
    this.value = el("span", { class: "value" });
    this.ageText = el("span", { class: "age" });
    this.corner = el("span", { class: "corner" });
    this.trouble = stateMark("silent", "");
    this.trouble.hidden = true;
    this.emptyNote = el("div", { class: "no-data", attrs: { hidden: "" } });
    this.plot = el("div", { class: "plot" }, this.canvas, this.emptyNote);
    this.legend = el("ul", { class: "legend", attrs: { hidden: "" } });
    this.table = el("div", { class: "table-view", attrs: { hidden: "", tabindex: "0" } });
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = this.colour;
    this.element = el("article", { class: `card chart-card is-${series.kind}`, attrs: { "aria-label": humanise(series.metric) } },
      el("header", {}, swatch, el("h2", { class: "clip", text: humanise(series.metric), attrs: { title: series.metric } }), this.trouble, this.corner, this.#menu()),
      el("p", { class: "reading" }, this.value, this.ageText), this.plot, this.legend, this.table);
    const source = {
      series, colourName, heard, alerts, device: device.uid, points: () => timeLine.points(series.id),
      get thresholds() { return alerts.limits(series.metric, thresholdsOf(device, series.metric)); },
      get expectedInterval() { return device.expected_interval; },
    };
    this.alerts = alerts;
    this.strip = series.kind === "text" || series.kind === "boolean";
    this.chart = this.strip ? new StateStrip(this.canvas, source, timeLine, room) : new LiveChart(this.canvas, source, timeLine, room);
    wireGestures(this.plot, series.id, this.chart, timeLine);
  }

  #menu() {
    const item = (/** @type {string} */ text, /** @type {() => void} */ act) => el("button", {
      class: "item", text, on: { click: () => { menu.removeAttribute("open"); act(); } },
    });
    this.tableItem = item("Show table", () => this.toggleTable());
    const menu = el("details", { class: "menu" },
      el("summary", { class: "button bare tiny", attrs: { "aria-label": `Menu of ${humanise(this.series.metric)}` } }, icon("i-more")),
      el("div", { class: "sheet" }, this.tableItem,
        item("Download CSV", () => this.#download("csv")), item("Download PNG", () => this.#download("png"))));
    return menu;
  }

  toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.plot.hidden = !this.table.hidden;
    setText(this.tableItem, this.table.hidden ? "Show table" : "Show chart");
    this.tableKey = "";
    this.#fillTable();
  }

  /** The table follows the window as the chart would. */
  #fillTable() {
    if (this.table.hidden) return;
    const { from, to } = this.timeLine.bounds();
    const key = `${this.timeLine.points(this.series.id).version}|${this.timeLine.generation}|${this.timeLine.live ? to - from : from}`;
    if (key === this.tableKey) return;
    this.tableKey = key;
    this.chart.draw();
    const [head, ...rows] = this.#rows();
    const row = (/** @type {any[]} */ cells, /** @type {string} */ tag) => el("tr", {}, ...cells.map((text) => el(tag, { text })));
    const times = this.strip ? 2 : 1;
    const shown = rows.slice(-TABLE_ROWS).reverse().map((cells) => row(cells.map((cell, i) => (i < times ? moment(Date.parse(String(cell))) : this.#cell(cell, i - times))), "td"));
    this.table.replaceChildren(el("table", {}, el("thead", {}, row(head, "th")), el("tbody", {}, ...shown)));
  }

  /** @returns {import("./table-text.js").Cell[][]} */
  #rows() {
    if (this.chart instanceof StateStrip) return stateRows(this.series, this.chart.shown());
    const { from, to } = this.timeLine.bounds();
    const texts = this.timeLine.points(this.series.id).texts.filter(([first, last]) => last >= from && first <= to);
    return tableRows(this.series, this.chart.shown(), texts);
  }

  /** As the page writes values; the file has every digit. @param {string|number} cell @param {number} index of mean, min, max, count */
  #cell(cell, index) {
    return typeof cell === "number" && index !== COUNT_CELL ? bare(cell, this.series) : String(cell);
  }

  async #download(/** @type {"csv"|"png"} */ kind) {
    this.chart.draw();
    const range = this.timeLine.bounds();
    const title = `${humanise(this.series.metric)}${this.series.unit && ` (${this.series.unit})`}`;
    const blob = kind === "png" ? await picture(this.canvas, { title, device: this.device.name, ...range, legend: this.#words() })
      : new Blob([csv(this.#rows())], { type: "text/csv;charset=utf-8" });
    if (blob) offer(blob, fileName(this.device.uid, this.series.metric, range, kind));
  }

  /** What is known of the series has changed, but not its kind. @param {any} series */
  describe({ unit, precision }) {
    if (unit === this.series.unit && precision === this.series.precision) return;
    Object.assign(this.series, { unit, precision });
    this.tableKey = "";
    this.chart.reset();
  }

  remove() {
    this.chart.destroy();
    this.element.remove();
  }

  /** @param {[number, number|string]|undefined} point the newest there is */
  setLatest(point) {
    this.latest = point ?? null;
  }

  /** @param {import("../presence/presence.js").State|undefined} state late or silent, if it is @param {number} now */
  setTrouble(state, now) {
    showTroubled(this.trouble, state, now);
  }

  /** Texts: the value at the cursor, or the latest with its age. */
  tick() {
    const now = serverNow();
    const { cursor } = this.timeLine;
    const reading = cursor === null ? null : this.chart.at(cursor);
    const shown = cursor === null ? this.latest : reading && [reading.at, reading.value];
    const at = shown ? Number(shown[0]) : null;
    const dated = typeof shown?.[1] === "number" && this.series.kind !== "boolean";
    setValue(this.value, shown ? bare(shown[1], this.series) : "–", dated ? this.series.unit : "");
    setText(this.ageText, at === null ? (cursor !== null ? "no reading" : this.timeLine.loading ? "" : "never") : cursor === null ? age(Math.max(0, now - at)) : `${this.strip ? "since " : ""}${when(at, now)}`);
    this.value.classList.toggle("stale", cursor === null && at !== null && now - at > Math.max(STALE_INTERVALS * this.device.expected_interval * 1000, 10_000));
    const points = this.timeLine.points(this.series.id);
    setText(this.corner, points.bucket === null || !points.rows.length ? "" : `${duration(points.bucket)}${this.strip ? "" : ", min–max"}`);
    this.#showEmpty(points, now);
    this.#showLegend();
    this.#fillTable();
    this.canvas.setAttribute("aria-label", `${humanise(this.series.metric)}, latest ${this.value.textContent}`);
  }

  #words() {
    return this.chart instanceof StateStrip ? this.chart.legend : [];
  }

  #showLegend() {
    const words = this.#words();
    const key = JSON.stringify(words);
    if (key === this.legend.dataset.key) return;
    this.legend.dataset.key = key;
    this.legend.hidden = words.length === 0;
    this.legend.replaceChildren(...words.slice(0, MAX_LEGEND).map(({ word, colour }) => {
      const swatch = el("i", { class: "swatch" });
      swatch.style.background = colour;
      return el("li", {}, swatch, el("span", { class: "clip", text: word || "(empty)", attrs: { title: word } }));
    }), ...(words.length > MAX_LEGEND ? [el("li", { text: `and ${words.length - MAX_LEGEND} more` })] : []));
  }

  #showEmpty(/** @type {import("./points.js").Points} */ points, /** @type {number} */ now) {
    const { from, to } = this.timeLine.bounds();
    const empty = !this.timeLine.loading && points.loaded !== null && this.chart.empty;
    this.emptyNote.hidden = !empty;
    if (!empty) return;
    const last = points.before ?? (this.latest && this.latest[0] < from ? this.latest : null);
    const key = `${last?.[0]}|${this.timeLine.live}`;
    if (this.emptyNote.dataset.key === key) {
      setText(this.emptyNote.querySelector("b"), last ? age(now - last[0]) : "");
      return;
    }
    this.emptyNote.dataset.key = key;
    if (!last) {
      const live = this.timeLine.live ? [] : [el("span", { text: " — " }), el("button", { class: "link", text: "go live", on: { click: () => this.timeLine.backToLive() } })];
      this.emptyNote.replaceChildren(el("span", { text: "No readings in this window, and none before it" }), ...live);
      return;
    }
    const jump = () => this.timeLine.select(last[0] - (to - from) * 0.9, last[0] + (to - from) * 0.1);
    this.emptyNote.replaceChildren(el("span", { text: "No readings in this window. Last one " }), el("b", { text: age(now - last[0]) }),
      el("span", { text: " ago — " }), el("button", { class: "link", text: "jump there", on: { click: jump } }));
  }
}
