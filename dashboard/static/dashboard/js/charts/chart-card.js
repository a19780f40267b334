/** One chart with its title, value, menu, table and honest empty state. */

import { age, bare, duration, humanise } from "../page/format.js";
import { moment, when } from "../time/moment.js";
import { csv, tableRows } from "./table-text.js";
import { el, icon, setText, setValue, stateMark } from "../page/element.js";
import { showTroubled } from "../device/device-side.js";
import { LiveChart } from "./live-chart.js";
import { serverNow } from "../time/clock.js";
import { TextStrip } from "./text-strip.js";
import { wireGestures } from "./chart-gestures.js";

const TABLE_ROWS = 1000; // rows shown; the CSV has all that are drawn
const COUNT_CELL = 3; // after mean, min and max
const STALE_INTERVALS = 3; // expected intervals after which a value is dimmed

export class ChartCard {
  /**
   * @param {any} series @param {{device: any, timeLine: import("../time/time-line.js").TimeLine, colourName: string}} page
   */
  constructor(series, { device, timeLine, colourName }) {
    this.series = series;
    this.device = device;
    this.colour = `var(${colourName})`;
    this.timeLine = timeLine;
    /** @type {[number, number|string]|null} */ this.latest = null;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { attrs: { role: "img" } }));
    this.value = el("span", { class: "value" });
    this.ageText = el("span", { class: "age" });
    this.corner = el("span", { class: "corner" });
    this.trouble = stateMark("silent", "");
    this.trouble.hidden = true;
    this.emptyNote = el("div", { class: "no-data", attrs: { hidden: "" } });
    this.plot = el("div", { class: "plot" }, this.canvas, this.emptyNote);
    this.table = el("div", { class: "table-view", attrs: { hidden: "", tabindex: "0" } });
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = this.colour;
    this.element = el("article", { class: `card chart-card is-${series.kind}`, attrs: { "aria-label": humanise(series.metric) } },
      el("header", {}, swatch, el("h2", { class: "clip", text: humanise(series.metric), attrs: { title: series.metric } }), this.trouble, this.corner, this.#menu()),
      el("p", { class: "reading" }, this.value, this.ageText), this.plot, this.table);
    const source = {
      series, colourName, points: () => timeLine.points(series.id),
      get thresholds() { return device.thresholds?.[series.metric] ?? []; },
      get expectedInterval() { return device.expected_interval; },
    };
    this.chart = series.kind === "text" ? new TextStrip(this.canvas, source, timeLine) : new LiveChart(this.canvas, source, timeLine);
    wireGestures(this.plot, /** @type {any} */ (this.chart), timeLine);
  }

  #menu() {
    const item = (/** @type {string} */ text, /** @type {() => void} */ act) => el("button", {
      class: "item", text, on: { click: () => { menu.removeAttribute("open"); act(); } },
    });
    const menu = el("details", { class: "menu" },
      el("summary", { class: "button bare tiny", attrs: { "aria-label": `Menu of ${humanise(this.series.metric)}` } }, icon("i-more")),
      el("div", { class: "sheet" }, item("Table or chart", () => this.toggleTable()),
        item("Download CSV", () => this.#download("csv")), item("Download PNG", () => this.#download("png"))));
    return menu;
  }

  toggleTable() {
    this.table.hidden = !this.table.hidden;
    this.plot.hidden = !this.table.hidden;
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
    const [head, ...rows] = tableRows(this.series, this.chart.shown().slice(-TABLE_ROWS));
    const row = (/** @type {string[]} */ cells, /** @type {string} */ tag) => el("tr", {}, ...cells.map((text) => el(tag, { text })));
    const shown = rows.reverse().map(([at, ...cells]) => row([moment(Date.parse(at)), ...cells.map((cell, i) => this.#cell(cell, i))], "td"));
    this.table.replaceChildren(el("table", {}, el("thead", {}, row(head, "th")), el("tbody", {}, ...shown)));
  }

  /** As the page writes values; the file has every digit. @param {string} cell @param {number} index of mean, min, max, count */
  #cell(cell, index) {
    return index === COUNT_CELL || cell === "" || !Number.isFinite(Number(cell)) ? cell : bare(Number(cell), this.series);
  }

  async #download(/** @type {"csv"|"png"} */ kind) {
    this.chart.draw();
    const blob = kind === "png" ? await this.chart.png()
      : new Blob([csv(tableRows(this.series, this.chart.shown()))], { type: "text/csv;charset=utf-8" });
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
    el("a", { attrs: { href: url, download: `${this.device.uid}-${this.series.metric}-${stamp}.${kind}` } }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** What is known of the series has changed, but not its kind. @param {any} series */
  describe({ unit, precision }) {
    if (unit === this.series.unit && precision === this.series.precision) return;
    Object.assign(this.series, { unit, precision });
    this.tableKey = "";
    this.chart.reset();
  }

  remove() {
    this.chart.destroy?.();
    this.element.remove();
  }

  /** @param {[number, number|string]|null} point */
  setLatest(point) {
    if (point && (!this.latest || point[0] >= this.latest[0])) this.latest = [point[0], point[1]];
  }

  /** @param {import("../presence/presence.js").State|undefined} state late or silent, if it is @param {number} now */
  setTrouble(state, now) {
    showTroubled(this.trouble, state, now);
  }

  /** Texts: the value at the cursor, or the latest with its age. */
  tick() {
    const now = serverNow();
    const { cursor } = this.timeLine;
    const row = cursor === null ? null : this.chart.at(cursor);
    const shown = cursor === null ? this.latest : row && [row[0], row[1]];
    const at = shown ? Number(shown[0]) : null;
    const dated = typeof shown?.[1] === "number" && this.series.kind !== "boolean";
    setValue(this.value, shown ? bare(shown[1], this.series) : "–", dated ? this.series.unit : "");
    setText(this.ageText, at === null ? (cursor === null ? "never" : "no reading") : cursor === null ? age(Math.max(0, now - at)) : when(at, now));
    this.value.classList.toggle("stale", cursor === null && at !== null && now - at > Math.max(STALE_INTERVALS * this.device.expected_interval * 1000, 10_000));
    const points = this.timeLine.points(this.series.id);
    setText(this.corner, points.bucket === null || !points.rows.length ? "" : `${duration(points.bucket)}, min–max`);
    this.#showEmpty(points, now);
    this.#fillTable();
    this.canvas.setAttribute("aria-label", `${humanise(this.series.metric)}, latest ${this.value.textContent}`);
  }

  #showEmpty(/** @type {import("./points.js").Points} */ points, /** @type {number} */ now) {
    const { from, to } = this.timeLine.bounds();
    const empty = !this.timeLine.loading && !points.rows.some((row) => row[0] >= from && row[0] <= to);
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
