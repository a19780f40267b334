/** A boolean or a series of words over time: a strip of segments, not a line. A strip is empty where the state is not known. */

import { colour } from "../page/element.js";
import { t } from "../page/language.js";
import { drawAlerts } from "./alert-spans.js";
import { drawMarks, markColours, marksOn } from "./drawn-marks.js";
import { drawTimes } from "./drawn-times.js";
import { drawUnknown } from "./chart-drawing.js";
import { MIXED, OFF, stateAt, states, wordsOf } from "./states.js";
import { PALETTE, WordColours } from "./word-colours.js";

const LETTER = 7; // px, about
const RIGHT = 8; // px, as the charts leave
const TOP = 4; // px above the segments
const AXIS = 22; // px below them, for the times
const LANE = 4; // px below them where the times stand elsewhere

/** The colours of the present theme, and its face. @param {string} colourName of the series */
function paintOf(colourName) {
  return {
    own: colour(colourName), text: colour("--surface"), dark: colour("--text"), off: colour("--line-strong"), neutral: colour("--sunken"),
    line: colour("--text-3"), tones: markColours(), severities: { critical: colour("--critical"), warning: colour("--warning"), info: colour("--info") }, words: Array.from({ length: PALETTE }, (_, i) => colour(`--series-${i + 1}`)),
    family: getComputedStyle(document.body).fontFamily,
  };
}

export class StateStrip {
  /** @param {HTMLCanvasElement} canvas @param {import("./live-chart.js").ChartSource & {device: string}} source
   * @param {import("./live-chart.js").TimeLine} timeLine @param {{left: import("./axis-room.js").AxisRoom, right?: import("./axis-room.js").AxisRoom}} rooms
   * @param {boolean} [hasTimes] whether its times stand under it */
  constructor(canvas, source, timeLine, rooms, hasTimes = true) {
    this.element = canvas;
    this.source = source;
    this.timeLine = timeLine;
    this.rooms = rooms;
    this.hasTimes = hasTimes;
    this.boolean = source.series.kind === "boolean";
    this.words = new WordColours(`${source.device}/${source.series.metric}`);
    /** @type {import("./states.js").State[]} */ this.states = [];
    /** @type {{width: number, height: number}|null} a size other than the card's, px */ this.size = null;
    this.paint = paintOf(source.colourName);
    /** what it was last drawn for */ this.key = "";
  }

  restyle() {
    this.paint = paintOf(this.source.colourName);
    this.key = "";
  }

  reset() {
    this.key = "";
  }

  draw() {
    const { from, to } = this.timeLine.bounds();
    const points = this.source.points();
    const heard = this.source.heard();
    const unknown = this.#unknown();
    const key = [points.version, heard.stretches.at(-1)?.[1], to - from, Math.floor(to / ((to - from) / this.element.clientWidth)), this.timeLine.generation, this.hasTimes ? [this.timeLine.cursor, this.#part?.from, this.#part?.to].join() : "", unknown.join(),
      this.rooms.left.width, this.rooms.right?.width, this.source.alerts.version, this.source.marks?.version].join("|");
    if (key === this.key) return;
    this.key = key;
    this.states = states(points, { boolean: this.boolean, from, to: Math.min(to, this.timeLine.knownUntil()), heard });
    this.#paint(from, to, unknown);
  }

  /** @returns {[number, number][]} */
  #unknown() {
    const { textsSince, loaded } = this.source.points();
    const cut = textsSince !== null && loaded && textsSince > loaded.from ? [/** @type {[number, number]} */ ([loaded.from, textsSince])] : [];
    return [...this.timeLine.unknown(this.source.series.id), ...cut];
  }

  #paint(/** @type {number} */ from, /** @type {number} */ to, /** @type {[number, number][]} */ unknown) {
    const ratio = devicePixelRatio || 1;
    const { width, height } = this.size ?? { width: this.element.clientWidth, height: this.element.clientHeight };
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    // To set a size, though it be the same, makes the canvas anew.
    if (this.element.width !== size[0] || this.element.height !== size[1]) [this.element.width, this.element.height] = size;
    const context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { area } = this;
    const x = (/** @type {number} */ at) => area.left + ((at - from) / (to - from)) * (area.right - area.left);
    for (const state of this.states) this.#segment(context, area, x(state.from), x(state.to), state.word);
    drawUnknown(context, area, unknown, x, this.paint.neutral);
    drawAlerts(context, area, this.source.alerts.of(this.source.series.metric), x, { colours: this.paint.severities, now: this.timeLine.knownUntil(), tint: false });
    drawMarks(context, area, this.#marks(from, to), x, { now: this.timeLine.knownUntil(), colours: this.paint.tones });
    if (!this.hasTimes) return; // one crosshair stands over all lanes (crosshair.js)
    this.#times(context, area, from, to);
    const { cursor } = this.timeLine;
    const part = this.#part;
    if (part) {
      context.globalAlpha = 0.16;
      context.fillStyle = colour("--accent");
      context.fillRect(x(Math.min(part.from, part.to)), area.top, Math.abs(x(part.to) - x(part.from)), area.bottom - area.top);
      context.globalAlpha = 1;
    }
    context.fillStyle = this.paint.line;
    if (cursor !== null && cursor >= from && cursor <= to) context.fillRect(Math.round(x(cursor)), area.top, 1, area.bottom - area.top);
  }

  /** Where the segments lie, px. */
  get area() {
    const { width, height } = this.size ?? { width: this.element.clientWidth, height: this.element.clientHeight };
    return { left: this.rooms.left.width, right: width - (this.rooms.right?.width ?? RIGHT), top: TOP, bottom: height - (this.hasTimes ? AXIS : LANE) };
  }

  #times(/** @type {CanvasRenderingContext2D} */ context, /** @type {any} */ area, /** @type {number} */ from, /** @type {number} */ to) {
    const size = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--font-1"));
    drawTimes(context, { ...area, top: area.bottom + 6 }, { from, to }, { fill: this.paint.line, font: `${size}px ${this.paint.family}`, beyond: RIGHT });
    context.textAlign = "left";
  }

  /** The part of time being selected or kept. */
  get #part() {
    return this.timeLine.drag ?? this.timeLine.selection ?? null;
  }

  /** Those of this series; those of the whole device are on its charts and its lane. */
  #marks(/** @type {number} */ from, /** @type {number} */ to) {
    return marksOn(this.source.marks, [this.source.series.id], { from, to }).filter(({ series }) => series !== null);
  }

  /** @param {string} word @returns {string} a colour; neutral for a word beyond the palette */
  #fill(word) {
    if (this.boolean) return word === OFF ? this.paint.off : this.paint.own;
    const place = this.words.of(word);
    return place === null ? this.paint.off : this.paint.words[place];
  }

  #segment(/** @type {CanvasRenderingContext2D} */ context, /** @type {any} */ area, /** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ word) {
    const width = Math.max(1.5, b - a - 1);
    const fill = this.#fill(word);
    const neutral = fill === this.paint.off;
    context.fillStyle = fill;
    const mixed = this.boolean && word === MIXED;
    // Both within a bucket: half as high for each, whenever it was which.
    const half = (area.bottom - area.top) / 2;
    if (mixed) {
      context.fillRect(a, area.top, Math.max(1.5, b - a), half);
      context.fillStyle = this.paint.off;
      context.fillRect(a, area.top + half, Math.max(1.5, b - a), half);
      return;
    }
    context.beginPath();
    context.roundRect(a, area.top, width, area.bottom - area.top, Math.min(3, width / 2));
    context.fill();
    const fits = Math.floor((b - a - 12) / LETTER);
    if (fits < 2) return;
    context.fillStyle = neutral ? this.paint.dark : this.paint.text;
    context.font = `600 12px ${this.paint.family}`;
    context.textBaseline = "middle";
    context.fillText(word.length > fits ? `${word.slice(0, fits - 1)}…` : word || t("(empty)"), a + 6, (area.top + area.bottom) / 2);
  }

  /** The words in the window with their colours. @returns {{word: string, colour: string}[]} */
  get legend() {
    return this.boolean ? [] : wordsOf(this.states).map((word) => ({ word, colour: this.#fill(word) }));
  }

  /** What it was at a time. @param {number} time @returns {import("./live-chart.js").Reading|null} */
  at(time) {
    const { from, to } = this.timeLine.bounds();
    // Asked anew: a strip out of sight was never drawn.
    const found = states(this.source.points(), { boolean: this.boolean, from, to: Math.min(to, this.timeLine.knownUntil()), heard: this.source.heard() });
    const state = stateAt(found, time);
    return state && { at: state.since, value: state.word, low: null, high: null };
  }

  get empty() {
    this.draw();
    return this.states.length === 0;
  }

  /** @returns {import("./states.js").State[]} */
  shown() {
    return this.states;
  }

  /** @param {number} pixel from the canvas's left @returns {number} ms */
  timeAt(pixel) {
    const { from, to } = this.timeLine.bounds();
    const { left, right } = this.area;
    return Math.round(from + ((pixel - left) / (right - left)) * (to - from));
  }

  /** Whether its times stand under it, as on paper, or apart from it. @param {boolean} hasTimes */
  showTimes(hasTimes) {
    this.hasTimes = hasTimes;
    this.key = "";
  }

  /** To this size, or to the card's own. @param {number} [width] px @param {number} [height] px */
  resize(width, height) {
    this.size = width && height ? { width, height } : null;
    this.key = "";
  }

  destroy() {}
}
