/** A series of words over time: a strip of segments, not a line. */

import { axisWidth, colour } from "../page/element.js";

const PALETTE = 8; // colours of the series set
const LABEL_ROOM = 7; // px of one character

export class TextStrip {
  /** @param {HTMLCanvasElement} canvas @param {import("./live-chart.js").ChartSource} source @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(canvas, source, timeLine) {
    this.element = canvas;
    this.source = source;
    this.timeLine = timeLine;
    /** @type {Map<string, number>} */ this.words = new Map();
    /** @type {import("./points.js").Row[]} */ this.rows = [];
    this.restyle();
  }

  restyle() {
    this.colours = Array.from({ length: PALETTE }, (_, i) => colour(`--series-${i + 1}`));
    this.text = colour("--surface");
    this.axisWidth = axisWidth();
    this.family = getComputedStyle(document.body).fontFamily;
    this.key = "";
  }

  reset() {
    this.key = "";
  }

  at(/** @type {number} */ time) {
    const before = this.source.points().rows.filter((row) => row[0] <= time);
    return before[before.length - 1] ?? null;
  }

  draw() {
    const { from, to } = this.timeLine.bounds();
    const points = this.source.points();
    const key = `${points.version}|${Math.floor(to / ((to - from) / 1000))}|${this.timeLine.generation}|${this.timeLine.cursor}`;
    if (key === this.key) return;
    this.key = key;
    const ratio = devicePixelRatio || 1;
    const width = this.element.clientWidth;
    const height = this.element.clientHeight;
    this.element.width = Math.round(width * ratio);
    this.element.height = Math.round(height * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    context.scale(ratio, ratio);
    this.rows = points.slice(from, to);
    const left = this.axisWidth;
    const x = (/** @type {number} */ at) => left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (width - left - 8);
    for (const [start, end, word] of this.#runs(to)) this.#segment(context, x(start), x(end), height, word);
    if (this.timeLine.cursor !== null) {
      context.fillStyle = colour("--text-3");
      context.fillRect(x(this.timeLine.cursor), 0, 1, height);
    }
  }

  /** Equal words in a row are one segment. @param {number} to @returns {[number, number, string][]} */
  #runs(to) {
    /** @type {[number, number, string][]} */ const runs = [];
    for (const row of this.rows) {
      const last = runs[runs.length - 1];
      if (last) last[1] = row[0];
      if (!last || last[2] !== String(row[1])) runs.push([row[0], row[0], String(row[1])]);
    }
    const last = runs[runs.length - 1];
    if (last) last[1] = this.timeLine.live ? Math.min(to, this.timeLine.knownUntil()) : to;
    return runs;
  }

  #segment(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ height, /** @type {string} */ word) {
    if (!this.words.has(word)) this.words.set(word, this.words.size % PALETTE);
    context.fillStyle = this.colours[this.words.get(word) ?? 0];
    context.beginPath();
    context.roundRect(a, 4, Math.max(1.5, b - a - 1), height - 8, 3);
    context.fill();
    const fits = Math.floor((b - a - 12) / LABEL_ROOM);
    if (fits < 2) return;
    context.fillStyle = this.text;
    context.font = `600 12px ${this.family}`;
    context.textBaseline = "middle";
    context.fillText(word.length > fits ? `${word.slice(0, fits - 1)}…` : word, a + 6, height / 2);
  }

  shown() {
    const { from, to } = this.timeLine.bounds();
    return this.rows.filter((row) => row[0] >= from && row[0] <= to);
  }

  png() {
    return new Promise((resolve) => this.element.toBlob(resolve));
  }

  timeAt(/** @type {number} */ pixel) {
    const { from, to } = this.timeLine.bounds();
    return Math.round(from + ((pixel - this.axisWidth) / (this.element.clientWidth - this.axisWidth - 8)) * (to - from));
  }
}

