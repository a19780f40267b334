/** The one time axis of a page's charts: it stays in sight while they scroll, and names the instant under the pointer. */

import { colour } from "../page/element.js";
import { drawTimes } from "./drawn-times.js";
import { moment } from "../time/moment.js";

const TOP = 6; // px above the labels
const FLAG = { height: 20, beside: 8, tick: 4 }; // px
const MOVED = 1000; // parts of the window it moves by before it is drawn again

/** The colours of the present theme, and its face. */
function paintOf() {
  const size = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--font-1"));
  return {
    text: colour("--text-3"), flag: colour("--text"), onFlag: colour("--surface"), selection: colour("--accent"), line: colour("--line-strong"),
    font: `${size}px ${getComputedStyle(document.body).fontFamily}`,
  };
}

export class TimeAxis {
  /** @param {HTMLCanvasElement} canvas @param {import("./live-chart.js").TimeLine} timeLine @param {{left: import("./axis-room.js").AxisRoom, right: import("./axis-room.js").AxisRoom}} rooms */
  constructor(canvas, timeLine, rooms) {
    this.canvas = canvas;
    this.timeLine = timeLine;
    this.rooms = rooms;
    this.paint = paintOf();
    /** what it was last drawn for */ this.key = "";
  }

  restyle() {
    this.paint = paintOf();
    this.key = "";
  }

  get #area() {
    return { left: this.rooms.left.width, right: this.canvas.clientWidth - this.rooms.right.width };
  }

  /** @param {number} at ms @returns {number} px from the canvas's left */
  pixelOf(at) {
    const { from, to } = this.timeLine.bounds();
    const { left, right } = this.#area;
    return left + ((at - from) / (to - from)) * (right - left);
  }

  /** @param {number} pixel from the canvas's left @returns {number} ms */
  timeAt(pixel) {
    const { from, to } = this.timeLine.bounds();
    const { left, right } = this.#area;
    return Math.round(from + ((pixel - left) / (right - left)) * (to - from));
  }

  draw() {
    const { from, to } = this.timeLine.bounds();
    const { cursor, drag, selection } = this.timeLine;
    const part = drag ?? selection ?? null;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const key = [width, to - from, Math.floor(to / ((to - from) / MOVED)), cursor, part?.from, part?.to, this.rooms.left.width, this.rooms.right.width].join("|");
    if (key === this.key || width === 0) return;
    this.key = key;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(ratio, ratio);
    const { left, right } = this.#area;
    const x = (/** @type {number} */ at) => left + ((at - from) / (to - from)) * (right - left);
    context.fillStyle = this.paint.line;
    context.fillRect(left, height - 1, right - left, 1);
    drawTimes(context, { left, right, top: TOP }, { from, to }, { fill: this.paint.text, font: this.paint.font, beyond: this.rooms.right.width });
    if (part) {
      const [a, b] = [x(part.from), x(part.to)].sort((one, other) => one - other);
      context.fillStyle = this.paint.selection;
      context.fillRect(Math.max(left, a), height - 3, Math.min(right, b) - Math.max(left, a), 3);
    }
    if (cursor !== null && cursor >= from && cursor <= to) this.#flag(context, x(cursor), cursor, { left, right, height });
  }

  #flag(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ x, /** @type {number} */ at, /** @type {{left: number, right: number, height: number}} */ { left, right, height }) {
    const text = moment(at);
    context.font = this.paint.font;
    const width = context.measureText(text).width + 2 * FLAG.beside;
    const start = Math.min(Math.max(left - FLAG.beside, x - width / 2), right - width + FLAG.beside);
    context.fillStyle = this.paint.flag;
    context.beginPath();
    context.roundRect(start, 1, width, FLAG.height, 4);
    context.fill();
    context.fillRect(Math.round(x), FLAG.height, 1, height - FLAG.height);
    context.fillStyle = this.paint.onFlag;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(text, start + FLAG.beside, 1 + FLAG.height / 2);
  }
}
