/** A chart of one or more series of numbers on the page's shared time line. With its set-up, the only module that knows Chart.js. */

import { colour } from "../page/element.js";
import { chartConfig } from "./chart-config.js";
import { ChartLine } from "./chart-line.js";
import { markColours } from "./drawn-marks.js";
import { includesZero } from "./value-range.js";
import { unitsOf } from "./layout.js";
import { ValueAxis } from "./value-axis.js";

const STEP = 1; // px the picture moves before it is drawn again
const NOTE_ROOM = 20; // px above the plot for what all labels leave out
const RIGHT = 8; // px beside a plot without a right axis

/** The colours of the present theme, and its face. */
function paintOf() {
  const face = { family: getComputedStyle(document.body).fontFamily, size: parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--font-1")) };
  return {
    line: colour("--text-3"), text: colour("--text-2"), surface: colour("--surface"), unknown: colour("--sunken"), accent: colour("--accent"),
    tones: markColours(), severities: { critical: colour("--critical"), warning: colour("--warning"), info: colour("--info") }, face, font: `${face.size}px ${face.family}`,
  };
}

/**
 * @typedef {{series: any, thresholds: {value: number, label: string}[], points: () => import("./points.js").Points, expectedInterval: number, colourName: string,
 *   heard: () => import("./heard.js").Heard, alerts: import("./alert-spans.js").AlertSpans, near?: {value: number}[], marks?: import("../time/marks.js").Marks}} ChartSource
 *   `near`: values the axis reaches to as to thresholds, not drawn; `marks`: of the page, if it has any
 * @typedef {{at: number, value: number|string, low: number|null, high: number|null}} Reading  at a cursor
 * The window it draws: of a page's time line, or a fixed one.
 * @typedef {{bounds: () => {from: number, to: number}, unknown: (series: number) => [number, number][], knownUntil: () => number, generation: number,
 *   cursor: number|null, drag: {from: number, to: number}|null, selection?: {from: number, to: number}|null}} TimeLine
 * @typedef {import("./axis-room.js").AxisRoom} AxisRoom
 */
export class LiveChart {
  /** @param {HTMLCanvasElement} canvas @param {ChartSource[]} sources at least one, of two units at most @param {TimeLine} timeLine
   * @param {{left: AxisRoom, right?: AxisRoom}} rooms @param {boolean} [hasTimes] whether its times stand under it */
  constructor(canvas, sources, timeLine, rooms, hasTimes = true) {
    this.element = canvas;
    this.timeLine = timeLine;
    this.rooms = rooms;
    this.hasTimes = hasTimes;
    this.axes = { left: new ValueAxis(), right: new ValueAxis() };
    const [first] = unitsOf(sources.map(({ series }) => series));
    this.lines = sources.map((source) => Object.assign(new ChartLine(source, timeLine), { side: /** @type {"left"|"right"} */ (source.series.unit === first ? "left" : "right") }));
    this.drawnKey = "";
    this.overlayKey = "";
    this.paint = paintOf();
    /** @type {any} */ this.chart = null;
    this.chart = new Chart(canvas, chartConfig(this));
    this.restyle();
  }

  /** The ends of the axis of the first line, or of one. @param {number} [series] */
  rangeOf(series) {
    return this.axes[this.#line(series).side].range;
  }

  get #hasRight() {
    return this.lines.some(({ side }) => side === "right");
  }

  /** The scales of a line; on a logarithmic one what has no place lies below it. @param {{side: "left"|"right"}} line */
  scalesOf(line) {
    const scale = this.#scale(line);
    const axis = this.axes[line.side];
    return { x: this.chart.scales.x, y: { getPixelForValue: (/** @type {number} */ value) => (axis.holds(value) ? scale.getPixelForValue(value) : this.area.bottom + 1) } };
  }

  /** What stands above an axis: which unit it is of, where there are two, and what all its labels leave out. @param {"left"|"right"} side */
  noteOf(side) {
    const line = this.lines.find((one) => one.side === side);
    if (!line || this.axes[side].blank) return "";
    return [this.#hasRight ? line.source.series.unit : "", this.axes[side].ticks.note].filter(Boolean).join(" ");
  }

  /** Where the reading of each line at a time stands, px from the canvas's corner. @param {number} time @returns {{x: number, y: number, colour: string}[]} */
  dotsAt(time) {
    const { left, right, top, bottom } = this.area;
    return this.lines.flatMap((line) => {
      const row = line.rowAt(time);
      if (!row) return [];
      const { x, y } = this.scalesOf(line);
      const [at, height] = [x.getPixelForValue(row[0]), y.getPixelForValue(row[1])];
      return at < left || at > right || height < top - 1 || height > bottom + 1 ? [] : [{ x: at, y: height, colour: line.source.colourName }];
    });
  }

  /** What was measured or said at a time, of the first line or of one. @param {number} time @param {number} [series] @returns {Reading|null} */
  at(time, series) {
    return this.#line(series).at(time);
  }

  #line(/** @type {number|undefined} */ series) {
    return this.lines.find(({ source }) => source.series.id === series) ?? this.lines[0];
  }

  /** Take the colours of the present theme. */
  restyle() {
    this.paint = paintOf();
    const { x, y, right } = this.chart.options.scales;
    for (const scale of [x, y, right]) Object.assign(scale.ticks, { color: this.paint.line, font: this.paint.face });
    y.grid.color = colour("--line");
    x.grid.color = colour(this.hasTimes ? "--line-strong" : "--line");
    for (const line of this.lines) line.stroke = colour(line.source.colourName);
    this.drawnKey = "";
  }

  /** Draw when data, window, cursor or the passing of a pixel of time ask for it. */
  draw() {
    const { from, to } = this.timeLine.bounds();
    const width = this.chart.chartArea?.width || 600;
    const moved = Math.floor(to / (((to - from) / width) * STEP));
    const { alerts, marks } = this.lines[0].source;
    const versions = this.lines.map(({ points, source }) => `${points.version},${this.timeLine.unknown(source.series.id).join()}`).join(";");
    const dataKey = `${versions}|${to - from}|${moved}|${this.timeLine.generation}|${this.rooms.left.width}|${this.rooms.right?.width}|${alerts.version}|${marks?.version}`;
    const { cursor, drag, selection } = this.timeLine;
    const overlayKey = this.hasTimes ? `${cursor}|${drag?.to}|${selection?.from}|${selection?.to}` : "";
    if (dataKey !== this.drawnKey) this.#update(from, to);
    else if (overlayKey !== this.overlayKey) this.chart.draw();
    this.drawnKey = dataKey;
    this.overlayKey = overlayKey;
  }

  #update(/** @type {number} */ from, /** @type {number} */ to) {
    const inside = this.lines.map((line) => line.take(from, to));
    const { x, y, right } = this.chart.options.scales;
    x.min = from;
    x.max = to;
    this.#fit("left", y, inside);
    if (this.#hasRight) this.#fit("right", right, inside);
    right.display = this.#hasRight;
    const { padding } = this.chart.options.layout;
    padding.top = /** @type {const} */ (["left", "right"]).some((side) => this.noteOf(side)) ? NOTE_ROOM : 6;
    padding.right = this.#hasRight ? 0 : this.rooms.right?.width ?? RIGHT;
    this.chart.update("none");
  }

  #fit(/** @type {"left"|"right"} */ side, /** @type {any} */ scale, /** @type {import("./points.js").Row[][]} */ inside) {
    const sources = this.lines.filter((line) => line.side === side).map(({ source }) => source);
    const lines = sources.flatMap(({ thresholds, near = [] }) => [...thresholds, ...near]);
    const rows = inside.flatMap((all, i) => (this.lines[i].side === side ? all : []));
    Object.assign(scale, this.axes[side].fit(rows, lines, includesZero(sources[0].series)), { type: this.axes[side].limits.log ? "logarithmic" : "linear" });
  }

  /** Whether its times stand under it, as on paper, or apart from it. @param {boolean} hasTimes */
  showTimes(hasTimes) {
    this.hasTimes = hasTimes;
    const { grid, ticks } = this.chart.options.scales.x;
    ticks.display = hasTimes;
    Object.assign(grid, { drawOnChartArea: !hasTimes, drawTicks: hasTimes });
    this.restyle();
  }

  /** @param {{left?: import("./layout.js").AxisLimits, right?: import("./layout.js").AxisLimits}} limits free where none is given */
  limit({ left, right }) {
    this.axes.left.limit(left);
    this.axes.right.limit(right);
    this.drawnKey = "";
  }

  /** What stands on it has changed, in ways it does not see by itself. */
  changed() {
    this.drawnKey = "";
  }

  /** Start afresh: another window, another axis. */
  reset() {
    this.axes.left.reset();
    this.axes.right.reset();
    this.drawnKey = "";
  }

  /** Whether nothing of the window is there. */
  get empty() {
    return this.lines.every(({ empty }) => empty);
  }

  /** The rows drawn inside the window, of the first line or of one. @param {number} [series] */
  shown(series) {
    return this.#line(series).shown();
  }

  /** @param {number} pixel from the canvas's left @returns {number} ms */
  timeAt(pixel) {
    return Math.round(this.chart.scales.x.getValueForPixel(pixel));
  }

  /** Where the plot lies, px. @returns {{left: number, right: number, top: number, bottom: number}} */
  get area() {
    return this.chart.chartArea;
  }

  /** On the axis of the first line, or of one. @param {number} value @param {number} [series] @returns {number} px from the canvas's top */
  pixelOf(value, series) {
    return this.#scale(this.#line(series)).getPixelForValue(value);
  }

  /** On the axis of the first line, or of one. @param {number} pixel from the canvas's top @param {number} [series] @returns {number} */
  valueAt(pixel, series) {
    return this.#scale(this.#line(series)).getValueForPixel(pixel);
  }

  #scale(/** @type {{side: "left"|"right"}} */ { side }) {
    return this.chart.scales[side === "left" ? "y" : "right"];
  }

  /** To this size, or to the card's own. @param {number} [width] px @param {number} [height] px */
  resize(width, height) {
    this.chart.resize(width, height);
    this.drawnKey = "";
  }

  destroy() {
    this.rooms.left.leave(this);
    this.rooms.right?.leave(this);
    this.chart.destroy();
  }
}
