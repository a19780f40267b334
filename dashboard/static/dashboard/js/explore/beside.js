/** Histories that are read beside those of the time line: of another time, or in buckets of an interval. What was read is drawn until the next is
 * there. Pure but for its timer. */

import { earlier, later, rowsLater } from "../time/shift.js";
import { historiesOf, pathOf } from "./asked.js";
import { Points } from "../charts/points.js";

const SETTLE = 180; // ms after the last step of the window before it is read
const AHEAD = 0.1; // of a live window, read beyond its end of another time: it moves there
const AGAIN = 10_000; // ms between two reads of a live window of the present

/** @typedef {import("../time/shift.js").Shift} Shift @typedef {import("./asked.js").Asked} Asked */

/** A history of another time as if it were of this one. @param {any} history as REST answers it @param {{from: number, to: number}} window of it @param {Shift|""} shift */
export function shifted(history, window, shift) {
  const points = new Points();
  points.load(history, window.to, window.from);
  if (!shift) return points;
  points.rows = rowsLater(points.rows, shift);
  points.texts = points.texts.flatMap(([first, last, text, count]) => {
    const [start] = later(first, shift);
    const [end] = later(last, shift).slice(-1);
    return start === undefined || end === undefined ? [] : [/** @type {import("../charts/points.js").Said} */ ([start, Math.max(start, end), text, count])];
  });
  points.before = null;
  return points;
}

export class Beside {
  /** @param {{get: (path: string, signal?: AbortSignal) => Promise<any>, bounds: () => {from: number, to: number}, live: () => boolean, zone: () => string,
   *   now: () => number, changed: (failed: string) => void}} world `changed` is told why nothing could be read, or "" */
  constructor(world) {
    this.world = world;
    /** @type {Shift|""} */ this.shift = "";
    /** @type {Asked} */ this.asked = { interval: "", agg: "mean" };
    /** @type {number[]} */ this.series = [];
    /** by series @type {Map<number, Points>} */ this.held = new Map();
    /** what was asked for last, as a window of now @type {{from: number, to: number}|null} */ this.window = null;
    this.readAt = -Infinity;
    /** @type {any} */ this.timer = 0;
  }

  /** @param {number} id of a series @returns {Points|undefined} */
  points(id) {
    return this.held.get(id);
  }

  /** @param {Shift|""} shift @param {Asked} asked @param {number[]} series none: nothing is read */
  follow(shift, asked, series) {
    const isOther = shift !== this.shift || asked.interval !== this.asked.interval || asked.agg !== this.asked.agg;
    const isNew = isOther || series.some((id) => !this.series.includes(id));
    if (isOther || !series.length) this.held.clear();
    Object.assign(this, { shift, asked: { interval: asked.interval, agg: asked.agg }, series });
    if (isNew) this.#soon(0);
  }

  /** The window has moved, or a second has passed. */
  tick() {
    if (!this.series.length || !this.window) return;
    const { from, to } = this.world.bounds();
    const { window } = this;
    const isThere = from >= window.from && to <= window.to && to - from > (window.to - window.from) / 2;
    if (this.shift ? isThere : this.world.live() ? this.world.now() - this.readAt < AGAIN && Math.abs(to - from - (window.to - window.from)) < 1 : from === window.from && to === window.to) return;
    this.#soon(SETTLE);
  }

  /** Read the window anew: what is stored in it has changed. */
  again() {
    if (this.series.length) this.#soon(SETTLE);
  }

  #soon(/** @type {number} */ ms) {
    const { from, to } = this.world.bounds();
    this.window = { from, to: to + (this.shift && this.world.live() ? (to - from) * AHEAD : 0) };
    this.readAt = this.world.now();
    clearTimeout(this.timer);
    if (ms === 0) this.abort?.abort(); // of another time, or in other buckets
    this.timer = setTimeout(() => this.#read(), ms);
  }

  async #read() {
    this.abort?.abort();
    const { shift, asked, series, window: present } = this;
    if (!series.length || !present) return;
    const abort = new AbortController();
    this.abort = abort;
    const window = shift ? { from: earlier(present.from, shift), to: earlier(present.to, shift) } : present;
    try {
      const answer = await this.world.get(pathOf(series, window, asked, this.world.zone()), abort.signal);
      for (const history of historiesOf(answer, asked)) this.held.set(history.id, shifted(history, window, shift));
      this.world.changed("");
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.world.changed(/** @type {Error} */ (error).message);
    }
  }
}
