/** A chart of one series on the page's shared time line. The only module that knows Chart.js. */

import { bare, number } from "../page/format.js";
import { bounds } from "../time/timespan.js";
import { axisWidth, colour } from "../page/element.js";
import { drawBand, drawCursor, drawLoners, drawThresholds, drawUnknown } from "./chart-drawing.js";
import { extent, includesZero, valueRange, valueTicks, withThresholds } from "./value-range.js";
import { line } from "./points.js";
import { tickLabel, timeTicks } from "../time/time-ticks.js";

const TICK_ROOM = 96; // px of one time label
const STEP = 0.5; // px the picture moves before it is drawn again

/**
 * @typedef {{series: any, thresholds: {value: number, label: string}[], points: () => import("./points.js").Points, expectedInterval: number, colourName: string}} ChartSource
 * @typedef {import("../time/time-line.js").TimeLine} TimeLine
 */
export class LiveChart {
  /** @param {HTMLCanvasElement} canvas @param {ChartSource} source @param {TimeLine} timeLine */
  constructor(canvas, source, timeLine) {
    this.element = canvas;
    this.source = source;
    this.timeLine = timeLine;
    this.boolean = source.series.kind === "boolean";
    this.zero = includesZero(source.series);
    /** @type {{min: number, max: number}|null} */ this.axis = null;
    /** no value was drawn on this axis yet: its numbers would be made up */ this.blank = true;
    /** @type {import("./points.js").Row[]} */ this.rows = [];
    this.gapAfter = 0;
    this.drawnKey = "";
    // @ts-ignore Chart is set by the vendored script, which loads before the modules.
    this.chart = new globalThis.Chart(canvas, this.#config());
    this.restyle();
  }

  #config() {
    const step = this.boolean ? { stepped: true, fill: "origin" } : {};
    return {
      type: "line",
      data: { datasets: [{ data: [], borderWidth: 1.75, pointRadius: 0, pointHitRadius: 0, spanGaps: false, borderJoinStyle: "round", ...step }] },
      options: {
        animation: false, parsing: false, normalized: true, responsive: true, maintainAspectRatio: false, events: [],
        layout: { padding: { top: 6, right: 8 } },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        scales: {
          x: {
            type: "linear", min: 0, max: 1, border: { display: false }, grid: { tickLength: 4, drawOnChartArea: false },
            ticks: { maxRotation: 0, autoSkip: false, callback: (/** @type {number} */ at) => tickLabel(at, this.tickStep ?? 1) },
            afterBuildTicks: (/** @type {any} */ scale) => {
              const { step: size, values } = timeTicks(scale.min, scale.max, Math.max(2, scale.width / TICK_ROOM));
              this.tickStep = size;
              scale.ticks = values.map((value) => ({ value }));
            },
          },
          y: {
            min: 0, max: 1, border: { display: false }, grid: { drawTicks: false },
            ticks: { padding: 8, autoSkip: false, callback: (/** @type {number} */ v) => (this.blank ? "" : this.boolean ? bare(v, this.source.series) : number(v, this.decimals)) },
            afterBuildTicks: (/** @type {any} */ scale) => {
              const { values, decimals } = this.boolean ? { values: [0, 1], decimals: 0 } : valueTicks(scale.min, scale.max);
              this.decimals = decimals;
              scale.ticks = values.map((value) => ({ value }));
            },
            afterFit: (/** @type {any} */ scale) => { scale.width = this.axisWidth; },
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
    if (!this.boolean) {
      drawBand(chart.ctx, chart.scales, this.rows, this.gapAfter, this.stroke);
      drawLoners(chart.ctx, chart.scales, this.rows, this.gapAfter, this.stroke);
    }
    chart.ctx.restore();
  }

  #over(/** @type {any} */ chart) {
    if (!this.blank && !this.boolean) {
      const { unit } = this.source.series;
      drawThresholds(chart, this.source.thresholds, {
        line: this.paint.line, text: this.paint.text, surface: this.paint.surface, font: this.paint.font,
        write: (value) => `${number(value)}${unit && `\u2009${unit}`}`,
      });
    }
    drawUnknown(chart, this.timeLine.knownUntil(), this.paint.unknown);
    const time = this.timeLine.cursor;
    drawCursor(chart, {
      time, drag: this.timeLine.drag, row: time === null ? null : this.at(time),
      line: this.paint.line, mark: this.stroke, surface: this.paint.surface, selection: this.paint.selection,
    });
  }

  /** The reading nearest to a time, within half a gap. @param {number} time */
  at(time) {
    const { from, to } = this.timeLine.bounds();
    const points = this.source.points();
    // Asked anew: a chart out of sight was never drawn, and its `gapAfter` is not known.
    return points.near(time, Math.max(points.gapAfter(this.source.expectedInterval) / 2, (to - from) / 200));
  }

  /** Take the colours of the present theme. */
  restyle() {
    this.stroke = colour(this.source.colourName);
    this.axisWidth = axisWidth();
    this.paint = { line: colour("--text-3"), text: colour("--text-2"), font: "", surface: colour("--surface"), unknown: colour("--sunken"), selection: colour("--accent") };
    const { x, y } = this.chart.options.scales;
    const font = { family: getComputedStyle(document.body).fontFamily, size: parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--font-1")) };
    this.paint.font = `${font.size}px ${font.family}`;
    for (const scale of [x, y]) Object.assign(scale.ticks, { color: colour("--text-3"), font });
    y.grid.color = colour("--line");
    x.grid.color = colour("--line-strong");
    const dataset = this.chart.data.datasets[0];
    dataset.borderColor = this.stroke;
    dataset.backgroundColor = this.boolean ? this.stroke.replace("rgb(", "rgba(").replace(")", ", 0.18)") : this.stroke;
    this.drawnKey = "";
  }

  /** Draw when data, window, cursor or the passing of half a pixel of time ask for it. */
  draw() {
    const { from, to } = this.timeLine.bounds();
    const width = this.chart.chartArea?.width || 600;
    const moved = Math.floor(to / (((to - from) / width) * STEP));
    const points = this.source.points();
    const dataKey = `${points.version}|${to - from}|${moved}|${Math.floor(this.timeLine.knownUntil() / 1000)}|${this.timeLine.live}|${this.timeLine.generation}`;
    const overlayKey = `${this.timeLine.cursor}|${this.timeLine.drag?.to}`;
    if (dataKey !== this.drawnKey) this.#update(points, from, to);
    else if (overlayKey !== this.overlayKey) this.chart.draw();
    this.drawnKey = dataKey;
    this.overlayKey = overlayKey;
  }

  #update(/** @type {import("./points.js").Points} */ points, /** @type {number} */ from, /** @type {number} */ to) {
    this.rows = points.slice(from, to);
    this.gapAfter = points.gapAfter(this.source.expectedInterval);
    const inside = this.rows.filter((row) => row[0] >= from && row[0] <= to);
    const previous = this.blank ? null : this.axis;
    this.blank = !inside.length && previous === null;
    this.axis = this.boolean ? { min: -0.1, max: 1.15 } : valueRange(withThresholds(extent(inside), this.source.thresholds), previous, this.zero);
    const { x, y } = this.chart.options.scales;
    x.min = from;
    x.max = to;
    Object.assign(y, this.axis);
    this.chart.data.datasets[0].data = line(this.rows, this.gapAfter);
    this.chart.update("none");
  }

  /** Start afresh: another window, another axis. */
  reset() {
    this.axis = null;
    this.blank = true;
    this.drawnKey = "";
  }

  /** The rows drawn inside the window. */
  shown() {
    const { from, to } = bounds(this.timeLine.span, this.timeLine.now());
    return this.rows.filter((row) => row[0] >= from && row[0] <= to);
  }

  /** @param {number} pixel from the canvas's left @returns {number} ms */
  timeAt(pixel) {
    return Math.round(this.chart.scales.x.getValueForPixel(pixel));
  }

  /** The picture on the page's surface, as a PNG. @returns {Promise<Blob|null>} */
  png() {
    const copy = document.createElement("canvas");
    copy.width = this.element.width;
    copy.height = this.element.height;
    const context = /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d"));
    context.fillStyle = this.paint.surface;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(this.element, 0, 0);
    return new Promise((resolve) => copy.toBlob(resolve));
  }

  destroy() {
    this.chart.destroy();
  }
}
