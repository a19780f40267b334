/** One chart: the lines of one or more series with their heads, and under them the lanes of the states that explain them. */

import { t } from "../page/language.js";
import { bare, duration } from "../page/format.js";
import { csv, joinedRows, tableRows } from "./table-text.js";
import { el, icon, setText } from "../page/element.js";
import { fileName, offer, picture } from "./chart-file.js";
import { nameOf, SeriesHead } from "./series-head.js";
import { chartMenu } from "./chart-menu.js";
import { Dots } from "./crosshair.js";
import { EmptyNote } from "./empty-note.js";
import { isState, unitsOf } from "./layout.js";
import { Lane } from "./lane.js";
import { LiveChart } from "./live-chart.js";
import { serverNow } from "../time/clock.js";
import { sourceOf } from "./chart-source.js";
import { TableView } from "./table-view.js";
import { wireGestures } from "./chart-gestures.js";

const COUNT_COLUMN = 3; // of a series, after mean, min and max

/**
 * What can be done with a chart and its lanes where there are others beside it.
 * @typedef {{ofCard: (card: ChartCard) => import("./chart-menu.js").Entry[], ofLane: (lane: Lane) => import("./chart-menu.js").Entry[], pin: (card: ChartCard) => void}} Acts
 */
export class ChartCard {
  /** @param {any[]} series of numbers, and of states, each with its `colourName` @param {import("./chart-source.js").ChartPage} page @param {Acts|null} [acts] */
  constructor(series, page, acts = null) {
    this.page = page;
    this.acts = acts;
    this.series = series.filter((one) => !isState(one));
    this.key = this.series[0]?.metric ?? "";
    this.corner = el("span", { class: "corner" });
    this.star = el("button", { class: "button bare tiny star", attrs: { type: "button", "aria-pressed": "false", "aria-label": t("Pin on top"), title: t("Pin on top") }, on: { click: () => acts?.pin(this) } }, icon("i-star"));
    this.heads = this.series.map((one) => new SeriesHead(one, page, one.colourName));
    this.lanes = series.filter(isState).map((one) => new Lane(one, page, one.colourName, acts ? acts.ofLane : () => []));
    this.element = el("article", { class: `card chart-card${page.hasTimes ? " has-times" : ""}`, attrs: { "aria-label": this.name } });
    this.table = new TableView(() => this.#rows(), 1, (cell, column) => this.#cell(cell, column));
    this.note = new EmptyNote(page.timeLine);
    /** whose values each column of the table has; null: how many @type {(any|null)[]} */ this.columns = [];
    /** @type {LiveChart|null} */ this.chart = null;
    /** @type {HTMLElement|null} */ this.plot = null;
    if (this.series.length) this.#makeChart();
    this.element.append(...this.lanes.map(({ element }) => element));
    if (this.series.length) this.element.append(this.table.element);
    /** @type {HTMLElement} seen, when the card is */ this.seen = this.plot ?? this.lanes[0].plot;
    /** what the texts were last written for */ this.textKey = "";
    /** what it was made for, to whoever made it */ this.made = "";
  }

  get name() {
    return [...this.series.map(nameOf), ...(this.series.length ? [] : [t("States")])].join(", ");
  }

  /** Those of its lines and of its lanes. */
  get all() {
    return [...this.heads, ...this.lanes.map(({ head }) => head)];
  }

  #makeChart() {
    const { page } = this;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { attrs: { role: "img" } }));
    this.plot = el("div", { class: "plot" }, this.canvas, this.note.element);
    const menu = chartMenu(t("Menu of {name}", { name: this.name }), () => [
      { words: this.table.isShown ? t("Show chart") : t("Show table"), act: () => this.toggleTable() },
      { words: t("Download CSV"), act: () => this.download("csv") }, { words: t("Download PNG"), act: () => this.download("png") }, ...(this.acts?.ofCard(this) ?? [])]);
    const tools = el("div", { class: "card-tools" }, this.corner, ...(this.acts ? [this.star] : []), menu);
    const heads = el("div", { class: "heads" }, ...this.heads.map(({ element }) => element));
    heads.querySelector("header")?.append(tools);
    heads.classList.toggle("is-many", this.heads.length > 1);
    this.grip = heads;
    this.element.append(this.plot, heads);
    this.chart = new LiveChart(this.canvas, this.series.map((one) => sourceOf(one, page, one.colourName)), page.timeLine, page.rooms, page.hasTimes);
    this.dots = new Dots(this.plot);
    wireGestures(this.plot, this.series[0].id, this.chart, page.timeLine);
  }

  toggleTable() {
    this.table.toggle();
    if (this.plot) this.plot.hidden = this.table.isShown;
    this.element.classList.toggle("is-table", this.table.isShown);
    this.#fillTable();
  }

  /** The table follows the window as the chart would. */
  #fillTable() {
    const { timeLine } = this.page;
    const { from, to } = timeLine.bounds();
    this.table.fill(`${this.series.map(({ id }) => timeLine.points(id).version).join()}|${timeLine.generation}|${timeLine.live ? to - from : from}`);
  }

  /** @returns {import("./table-text.js").Cell[][]} */
  #rows() {
    this.chart?.draw();
    const { from, to } = this.page.timeLine.bounds();
    const tables = this.series.map((one) => {
      const texts = this.page.timeLine.points(one.id).texts.filter(([first, last]) => last >= from && first <= to);
      return tableRows(one, this.chart?.shown(one.id) ?? [], texts);
    });
    this.columns = tables.flatMap(([head], i) => head.slice(1).map((_, column) => (column === COUNT_COLUMN ? null : this.series[i])));
    return joinedRows(tables);
  }

  /** As the page writes values; the file has every digit. @param {string|number} cell @param {number} column behind the time */
  #cell(cell, column) {
    const series = this.columns[column];
    return typeof cell === "number" && series ? bare(cell, series) : String(cell);
  }

  /** @param {"csv"|"png"} kind */
  async download(kind) {
    this.chart?.draw();
    const range = this.page.timeLine.bounds();
    const units = unitsOf(this.series).filter(Boolean).join(", ");
    const legend = this.heads.length > 1 ? this.heads.map(({ series }) => ({ word: nameOf(series), colour: getComputedStyle(this.element).getPropertyValue(series.colourName) })) : [];
    const blob = kind === "png" ? await picture(/** @type {HTMLCanvasElement} */ (this.canvas), { title: `${this.name}${units && ` (${units})`}`, device: this.page.device.name, ...range, legend })
      : new Blob([csv(this.#rows())], { type: "text/csv;charset=utf-8" });
    if (blob) offer(blob, fileName(this.page.device.uid, this.series.map(({ metric }) => metric).join("+"), range, kind));
  }

  remove() {
    this.chart?.destroy();
    for (const lane of this.lanes) lane.remove();
    this.element.remove();
  }

  /** Everything of it, if anything has changed. */
  draw() {
    this.chart?.draw();
    for (const { strip } of this.lanes) strip.draw();
    const { cursor, drag, selection } = this.page.timeLine;
    const part = drag ?? selection;
    // Beside others the chart does not draw the pointer itself.
    if (this.chart && !this.page.hasTimes) this.dots?.show(cursor === null ? [] : this.chart.dotsAt(cursor));
    const key = `${cursor}|${part?.from}|${part?.to}|${Math.floor(serverNow() / 1000)}|${this.page.timeLine.generation}`;
    if (key === this.textKey) return;
    this.textKey = key;
    this.tick();
    this.#sum();
  }

  /** What is drawn, from the beginning: another window, another axis, another theme. @param {"reset"|"restyle"} how */
  again(how) {
    this.chart?.[how]();
    for (const { strip } of this.lanes) strip[how]();
    this.textKey = "";
  }

  /** In another size, with its times under it or not. @param {boolean} hasTimes @param {{width: number, chart: number, strip: number}|null} size px */
  resize(hasTimes, size) {
    this.element.classList.toggle("has-times", hasTimes);
    this.chart?.showTimes(hasTimes);
    if (size) this.chart?.resize(size.width, size.chart);
    else this.chart?.resize();
    for (const { strip } of this.lanes) {
      strip.showTimes(hasTimes);
      strip.restyle();
      strip.resize(size?.width, size?.strip);
    }
    this.draw();
  }

  /** What the window or the selection comes to. */
  #sum() {
    const { timeLine } = this.page;
    const part = timeLine.drag ?? timeLine.selection ?? null;
    const window = part ? { from: Math.min(part.from, part.to), to: Math.max(part.from, part.to) } : timeLine.bounds();
    this.chart?.lines.forEach((line, i) => this.heads[i].sum(line.points.within(window), part !== null && line.points.bucket !== null));
  }

  /** Texts: the values at the cursor, or the latest with their age. */
  tick() {
    for (const lane of this.lanes) lane.tick();
    if (!this.chart) return;
    const { timeLine } = this.page;
    const { chart } = this;
    this.heads.forEach((head) => head.tick((time) => chart.at(time, head.series.id)));
    const buckets = new Set(this.series.map(({ id }) => timeLine.points(id)).filter(({ rows }) => rows.length).map(({ bucket }) => bucket));
    buckets.delete(null);
    buckets.delete(this.page.resolution?.() ?? null);
    setText(this.corner, [...buckets].map((bucket) => t("{length}, min–max", { length: duration(Number(bucket)) })).join(" · "));
    this.#showEmpty();
    this.#fillTable();
    this.canvas?.setAttribute("aria-label", this.heads.map(({ series, value }) => t("{name}, latest {value}", { name: nameOf(series), value: value.textContent ?? "" })).join("; "));
  }

  #showEmpty() {
    const { timeLine } = this.page;
    const all = this.series.map(({ id }) => timeLine.points(id));
    const { from } = timeLine.bounds();
    const before = [...all.map((points) => points.before), ...this.heads.map(({ latest }) => (latest && latest[0] < from ? latest : null))];
    const last = before.reduce((best, one) => (one && (!best || one[0] > best[0]) ? one : best), null);
    this.note.show(!timeLine.loading && all.every(({ loaded }) => loaded !== null) && this.chart?.empty === true, last, serverNow());
  }
}
