/** A chart of one series of numbers on the page's shared time line. The only module that knows Chart.js. */

import { drawAlerts } from "./alert-spans.js";
import { number } from "../page/format.js";
import { colour } from "../page/element.js";
import { drawBand, drawCursor, drawLoners, drawTexts, drawThresholds, drawUnknown } from "./chart-drawing.js";
import { allWhole, extent, includesZero, valueRange, withThresholds } from "./value-range.js";
import { isGap, stretches } from "./gaps.js";
import { lowerBound } from "./points.js";
import { tickLabel, timeTicks } from "../time/time-ticks.js";
import { valueTicks } from "./value-ticks.js";

const TICK_ROOM = 96; // px of one time label
const STEP = 0.5; // px the picture moves before it is drawn again
const NEAR = 200; // a cursor takes a reading within this part of the window
const BESIDE = 12; // px around the labels of the value axis
const NOTE_ROOM = 20; // px above the plot for what all labels leave out

/** The colours of the present theme, and its face. @param {string} colourName of the line */
function paintOf(colourName) {
  const face = { family: getComputedStyle(document.body).fontFamily, size: parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--font-1")) };
  return {
    stroke: colour(colourName), line: colour("--text-3"), text: colour("--text-2"), surface: colour("--surface"), unknown: colour("--sunken"),
    selection: colour("--accent"), severities: { critical: colour("--critical"), warning: colour("--warning"), info: colour("--info") }, face, font: `${face.size}px ${face.family}`,
  };
}

/**
 * @typedef {{series: any, thresholds: {value: number, label: string}[], points: () => import("./points.js").Points, expectedInterval: number, colourName: string,
 *   heard: () => import("./heard.js").Heard, alerts: import("./alert-spans.js").AlertSpans, near?: {value: number}[]}} ChartSource
 *   `near`: values the axis reaches to as to thresholds, not drawn
 * @typedef {{at: number, value: number|string, low: number|null, high: number|null}} Reading  at a cursor
 * The window it draws: of a page's time line, or a fixed one.
 * @typedef {{bounds: () => {from: number, to: number}, unknown: (series: number) => [number, number][], knownUntil: () => number, generation: number,
 *   cursor: number|null, drag: {from: number, to: number}|null}} TimeLine
 */
export class LiveChart {
  /** @param {HTMLCanvasElement} canvas @param {ChartSource} source @param {TimeLine} timeLine @param {import("./axis-room.js").AxisRoom} room */
  constructor(canvas, source, timeLine, room) {
    this.element = canvas;
    this.source = source;
    this.timeLine = timeLine;
    this.room = room;
    /** @type {{min: number, max: number}|null} */ this.axis = null;
    /** @type {import("./value-ticks.js").Ticks} */ this.ticks = { values: [], labels: [], note: "" };
    /** no value was drawn on this axis yet: its numbers would be made up */ this.blank = true;
    /** @type {import("./points.js").Row[]} */ this.rows = [];
    /** @type {import("./points.js").Row[][]} */ this.stretches = [];
    this.drawnKey = "";
    this.overlayKey = "";
    this.paint = paintOf(source.colourName);
    /** @type {any} */ this.chart = new Chart(canvas, this.#config());
    this.restyle();
  }

  #config() {
    return {
      type: "line",
      data: { datasets: [{ data: [], borderWidth: 1.75, pointRadius: 0, pointHitRadius: 0, spanGaps: false, borderJoinStyle: "round" }] },
      options: {
        animation: false, parsing: false, normalized: true, responsive: true, maintainAspectRatio: false, events: [],
        layout: { padding: { top: 6, right: 8 } },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        scales: {
          x: {
            type: "linear", min: 0, max: 1, border: { display: false }, grid: { tickLength: 4, drawOnChartArea: false },
            ticks: { maxRotation: 0, autoSkip: false, callback: (/** @type {number} */ at) => tickLabel(at, this.tickStep ?? 1) },
            afterBuildTicks: (/** @type {any} */ scale) => {
              const { step, values } = timeTicks(scale.min, scale.max, Math.max(2, scale.width / TICK_ROOM));
              this.tickStep = step;
              scale.ticks = values.map((value) => ({ value }));
            },
          },
          y: {
            min: 0, max: 1, border: { display: false }, grid: { drawTicks: false },
            ticks: { padding: 8, autoSkip: false, callback: (/** @type {number} */ _, /** @type {number} */ i) => (this.blank ? "" : this.ticks.labels[i]) },
            afterBuildTicks: (/** @type {any} */ scale) => { scale.ticks = this.ticks.values.map((value) => ({ value })); },
            afterFit: (/** @type {any} */ scale) => {
              const { ctx } = scale.chart;
              ctx.font = this.paint.font;
              this.room.want(this, this.blank ? 0 : BESIDE + Math.ceil(Math.max(0, ...this.ticks.labels.map((label) => ctx.measureText(label).width))));
              scale.width = this.room.width;
            },
          },
        },
      },
      plugins: [{
        id: "pulseboard",
        beforeDatasetsDraw: (/** @type {any} */ chart) => this.#under(chart),
        afterDatasetsDraw: (/** @type {any} */ chart) => this.#over(chart),
      }],
    };
  }

  #under(/** @type {any} */ chart) {
    const { left, top, right, bottom } = chart.chartArea;
    chart.ctx.save();
    chart.ctx.beginPath();
    chart.ctx.rect(left, top, right - left, bottom - top);
    chart.ctx.clip();
    drawAlerts(chart.ctx, chart.chartArea, this.source.alerts.of(this.source.series.metric), (at) => chart.scales.x.getPixelForValue(at),
      { colours: this.paint.severities, now: this.timeLine.knownUntil() });
    drawBand(chart.ctx, chart.scales, this.stretches, this.paint.stroke);
    drawLoners(chart.ctx, chart.scales, this.stretches, this.paint.stroke);
    chart.ctx.restore();
  }

  #over(/** @type {any} */ chart) {
    const { paint } = this;
    drawTexts(chart, this.source.points().texts, { text: paint.text, fill: paint.unknown, font: paint.font });
    if (!this.blank) {
      const { unit } = this.source.series;
      drawThresholds(chart, this.source.thresholds, { ...paint, write: (value) => `${number(value)}${unit && `\u2009${unit}`}` });
      chart.ctx.font = paint.font;
      chart.ctx.textBaseline = "top";
      chart.ctx.textAlign = "left";
      chart.ctx.fillStyle = paint.line;
      chart.ctx.fillText(this.ticks.note, BESIDE, 2);
    }
    drawUnknown(chart.ctx, chart.chartArea, this.timeLine.unknown(this.source.series.id), (at) => chart.scales.x.getPixelForValue(at), paint.unknown);
    const time = this.timeLine.cursor;
    drawCursor(chart, { time, drag: this.timeLine.drag, row: time === null ? null : this.#rowAt(time), line: paint.line, mark: this.paint.stroke, surface: paint.surface, selection: paint.selection });
  }

  /** The row a time belongs to: the nearest of a line, or one beside which it lies. @param {number} time */
  #rowAt(time) {
    const points = this.source.points();
    const { rows } = points;
    const index = lowerBound(rows, time);
    const [before, after] = [rows[index - 1], rows[index]];
    const best = !after || (before && time - before[0] <= after[0] - time) ? before : after;
    if (!best) return null;
    const least = points.gapAfter(this.source.expectedInterval);
    const { from, to } = this.timeLine.bounds();
    const within = before && after && !isGap(rows, index, least);
    return within || Math.abs(best[0] - time) <= Math.max(least / 2, (to - from) / NEAR) ? best : null;
  }

  /** What was measured or said at a time. @param {number} time @returns {Reading|null} */
  at(time) {
    const { from, to } = this.timeLine.bounds();
    const said = this.source.points().texts.find(([first, last]) => time >= first - (to - from) / NEAR / 2 && time <= last + (to - from) / NEAR / 2);
    if (said) return { at: said[0], value: said[2], low: null, high: null };
    const row = this.#rowAt(time);
    return row && { at: row[0], value: row[1], low: row[2], high: row[3] };
  }

  /** Take the colours of the present theme. */
  restyle() {
    this.paint = paintOf(this.source.colourName);
    const { stroke } = this.paint;
    const { x, y } = this.chart.options.scales;
    for (const scale of [x, y]) Object.assign(scale.ticks, { color: this.paint.line, font: this.paint.face });
    y.grid.color = colour("--line");
    x.grid.color = colour("--line-strong");
    Object.assign(this.chart.data.datasets[0], { borderColor: stroke, backgroundColor: stroke });
    this.drawnKey = "";
  }

  /** Draw when data, window, cursor or the passing of half a pixel of time ask for it. */
  draw() {
    const { from, to } = this.timeLine.bounds();
    const width = this.chart.chartArea?.width || 600;
    const moved = Math.floor(to / (((to - from) / width) * STEP));
    const points = this.source.points();
    const dataKey = `${points.version}|${to - from}|${moved}|${this.timeLine.unknown(this.source.series.id).join()}|${this.timeLine.generation}|${this.room.width}|${this.source.alerts.version}`;
    const overlayKey = `${this.timeLine.cursor}|${this.timeLine.drag?.to}`;
    if (dataKey !== this.drawnKey) this.#update(points, from, to);
    else if (overlayKey !== this.overlayKey) this.chart.draw();
    this.drawnKey = dataKey;
    this.overlayKey = overlayKey;
  }

  #update(/** @type {import("./points.js").Points} */ points, /** @type {number} */ from, /** @type {number} */ to) {
    this.rows = points.slice(from, to);
    this.stretches = stretches(this.rows, points.gapAfter(this.source.expectedInterval), points.texts);
    const inside = this.rows.filter((row) => row[0] >= from && row[0] <= to);
    const previous = this.blank ? null : this.axis;
    this.blank = !inside.length && previous === null;
    this.axis = valueRange(withThresholds(extent(inside), [...this.source.thresholds, ...(this.source.near ?? [])]), previous, includesZero(this.source.series));
    this.ticks = valueTicks(this.axis.min, this.axis.max, allWhole(inside));
    const { x, y } = this.chart.options.scales;
    x.min = from;
    x.max = to;
    Object.assign(y, this.axis);
    this.chart.options.layout.padding.top = this.ticks.note && !this.blank ? NOTE_ROOM : 6;
    const breaks = (/** @type {number} */ at) => ({ x: at, y: NaN });
    this.chart.data.datasets[0].data = this.stretches.flatMap((stretch) => [...stretch.map((row) => ({ x: row[0], y: row[1] })), breaks(stretch[stretch.length - 1][0])]);
    this.chart.update("none");
  }

  /** Start afresh: another window, another axis. */
  reset() {
    this.axis = null;
    this.blank = true;
    this.drawnKey = "";
  }

  /** Whether anything of the window is drawn. */
  get empty() {
    const { from, to } = this.timeLine.bounds();
    const { rows, texts } = this.source.points();
    return !rows.some((row) => row[0] >= from && row[0] <= to) && !texts.some(([first, last]) => last >= from && first <= to);
  }

  /** The rows drawn inside the window. */
  shown() {
    const { from, to } = this.timeLine.bounds();
    return this.rows.filter((row) => row[0] >= from && row[0] <= to);
  }

  /** @param {number} pixel from the canvas's left @returns {number} ms */
  timeAt(pixel) {
    return Math.round(this.chart.scales.x.getValueForPixel(pixel));
  }

  /** Where the plot lies, px. @returns {{left: number, right: number, top: number, bottom: number}} */
  get area() {
    return this.chart.chartArea;
  }

  /** @param {number} value @returns {number} px from the canvas's top */
  pixelOf(value) {
    return this.chart.scales.y.getPixelForValue(value);
  }

  /** @param {number} pixel from the canvas's top @returns {number} */
  valueAt(pixel) {
    return this.chart.scales.y.getValueForPixel(pixel);
  }

  /** To this size, or to the card's own. @param {number} [width] px @param {number} [height] px */
  resize(width, height) {
    this.chart.resize(width, height);
    this.drawnKey = "";
  }

  destroy() {
    this.room.leave(this);
    this.chart.destroy();
  }
}
