/** Histories that are read beside those of the time line: of another time. What was read is drawn until the next is there. Pure. */

import { earlier, rowsLater, later } from "../time/shift.js";
import { Points } from "../charts/points.js";

const POINTS = 800; // of one series
const SETTLE = 180; // ms after the last step of the window before it is read
const AHEAD = 0.1; // of a live window, read beyond its end: it moves there

/** @typedef {import("../time/shift.js").Shift} Shift */

/** A history of another time as if it were of this one. @param {any} history as REST answers it @param {{from: number, to: number}} window of it @param {Shift} shift */
export function shifted(history, window, shift) {
  const points = new Points();
  points.load(history, window.to, window.from);
  points.rows = rowsLater(points.rows, shift);
  points.texts = points.texts.flatMap(([first, last, text, count]) => {
    const [start] = later(first, shift);
    const [end] = later(last, shift).slice(-1);
    return start === undefined || end === undefined ? [] : [/** @type {import("../charts/points.js").Said} */ ([start, Math.max(start, end), text, count])];
  });
  points.before = null;
  return points;
}

export class Before {
  /** @param {{get: (path: string, signal?: AbortSignal) => Promise<any>, bounds: () => {from: number, to: number}, live: () => boolean, changed: (failed: string) => void}} world
   * `changed` is told why nothing could be read, or "" */
  constructor(world) {
    this.world = world;
    /** @type {Shift|""} */ this.shift = "";
    /** @type {number[]} */ this.series = [];
    /** by series @type {Map<number, Points>} */ this.held = new Map();
    /** what was asked for last, as a window of now @type {{from: number, to: number}|null} */ this.asked = null;
    /** @type {any} */ this.timer = 0;
  }

  /** @param {number} id of a series @returns {Points} */
  points(id) {
    return this.held.get(id) ?? new Points();
  }

  /** @param {Shift|""} shift @param {number[]} series */
  follow(shift, series) {
    const isNew = shift !== this.shift || series.some((id) => !this.series.includes(id));
    if (shift !== this.shift) this.held.clear();
    this.shift = shift;
    this.series = series;
    if (isNew) this.#soon(0);
  }

  /** The window has moved, or a second has passed. */
  tick() {
    const { from, to } = this.world.bounds();
    if (!this.shift || !this.asked || (from >= this.asked.from && to <= this.asked.to && to - from > (this.asked.to - this.asked.from) / 2)) return;
    this.#soon(SETTLE);
  }

  #soon(/** @type {number} */ ms) {
    const { from, to } = this.world.bounds();
    this.asked = { from, to: to + (this.world.live() ? (to - from) * AHEAD : 0) };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#read(), ms);
  }

  async #read() {
    this.abort?.abort();
    const { shift, series, asked } = this;
    if (!shift || !series.length || !asked) return;
    this.abort = new AbortController();
    const window = { from: Math.floor(earlier(asked.from, shift)), to: Math.ceil(earlier(asked.to, shift)) };
    try {
      const answer = await this.world.get(`/api/v1/readings/?series=${series.join()}&from=${window.from}&to=${window.to}&points=${POINTS}`, this.abort.signal);
      for (const history of answer.series) this.held.set(history.id, shifted(history, window, shift));
      this.world.changed("");
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") this.world.changed(/** @type {Error} */ (error).message);
    }
  }
}
