/**
 * The drawn history of one series, merged from a snapshot and live points so that no point is missing and none appears
 * twice: its numbers, and beside them its texts. Pure.
 *
 * A row is `[ms, value, low, high, count, start]`. A raw reading has null from `low` on; a live point
 * merged by the server has low and high; a bucket of a reduced history has all, and `ms` is its middle.
 * @typedef {[number, number, number|null, number|null, number|null, number|null]} Row
 * What was said in words: equal texts from a first to a last reading, and how many they are.
 * @typedef {[number, number, string, number]} Said
 */

import { leastGap } from "./gaps.js";
import { MIN_SILENT_AFTER } from "../presence/presence.js";

export const MAX_POINTS = 6000; // rows of one series, and its texts; the oldest go first

/** @param {{[0]: number}[]} rows @param {number} time @returns {number} index of the first row at or after `time` */
export function lowerBound(rows, time) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Points {
  constructor() {
    /** @type {Row[]} */ this.rows = [];
    /** @type {Said[]} */ this.texts = [];
    /** @type {number|null} width of a reduced history's buckets in ms */ this.bucket = null;
    /** @type {[number, number|string]|null} newest reading before the history */ this.before = null;
    /** @type {{from: number, to: number}|null} the history that is loaded, ms; null before there is one */ this.loaded = null;
    /** @type {number|null} where the texts begin, when the server left out older ones of the window */ this.textsSince = null;
    /** from what the server read it, as it says: "readings", "rollup_1h" @type {string|null} */ this.read = null;
    /** @type {number} rows that came live since the history was loaded */ this.fresh = 0;
    /** @type {number} changes with every change */ this.version = 0;
  }

  /** @returns {Row|null} */
  get last() {
    return this.rows.length ? this.rows[this.rows.length - 1] : null;
  }

  /** The newest reading, number or text; that before the history when there is none in it, null when its buckets do not tell.
   * @param {(at: number) => boolean} [isAhead] whether a time is ahead of what can be @returns {[number, number|string]|null} */
  newest(isAhead = () => false) {
    const row = this.rows.findLast((one) => !isAhead(one[0]));
    const said = this.texts.findLast((one) => !isAhead(one[1]));
    if (said && (!row || said[1] > row[0])) return [said[1], said[2]];
    if (row) return row[5] === null ? [row[0], row[1]] : null;
    return this.before;
  }

  /**
   * Take a history in the shape of `GET /api/v1/readings/`. A raw one is merged into raw rows; buckets
   * are never mixed with rows of another resolution.
   * @param {{reduced: boolean, bucket_ms: number|null, points: any[], texts?: Said[], texts_since?: number|null, before?: any, read?: string}} history
   * @param {number} to end of the history in ms @param {number} [from] its start
   */
  load(history, to, from = to) {
    const merge = !history.reduced && this.bucket === null;
    this.bucket = history.reduced ? history.bucket_ms : null;
    this.before = history.before ?? null;
    this.read = history.read ?? null;
    this.loaded = { from, to };
    this.textsSince = history.texts_since ?? null;
    this.fresh = 0;
    this.version += 1;
    if (!merge) this.rows = [];
    if (history.reduced) {
      const width = history.bucket_ms ?? 0;
      this.rows = history.points.map(([start, mean, low, high, count]) =>
        /** @type {Row} */ ([Math.min(start + width / 2, Math.max(start, to)), mean, low, high, count, start]));
    } else {
      for (const [time, value] of history.points) this.#put([time, value, null, null, null, null], true);
    }
    this.#loadTexts(history.texts ?? []);
    this.#bound();
  }

  /** Those that came live after the history stay. @param {Said[]} texts */
  #loadTexts(texts) {
    const end = texts.length ? texts[texts.length - 1][1] : -Infinity;
    const later = this.texts.filter((said) => said[1] > end && said[1] >= (this.loaded?.to ?? 0));
    this.texts = texts.map((said) => /** @type {Said} */ ([...said]));
    for (const [first, last, text, count] of later) {
      if (first > end) this.#say(first, text);
      this.#say(last, text, Math.max(0, count - 1));
    }
  }

  /** Live points `[ms, value]`, `[ms, last, min, max]` or `[ms, text]`. @param {any[]} points */
  add(points) {
    this.version += 1;
    for (const [time, value, low = null, high = null] of points) {
      this.fresh += 1;
      if (typeof value === "string") this.#say(time, value);
      else if (typeof value !== "number") continue;
      else if (this.bucket === null || !this.#fold(time, value, low, high)) this.#put([time, value, low, high, null, null], false);
    }
    this.#bound();
  }

  /** A text joins its equal neighbour, unless the device may have been away between them. */
  #say(/** @type {number} */ time, /** @type {string} */ text, count = 1) {
    let index = this.texts.length;
    while (index > 0 && this.texts[index - 1][0] > time) index -= 1;
    const before = this.texts[index - 1];
    if (before && time <= before[1]) return; // within a run it is there already
    if (before && before[2] === text && time - before[1] <= MIN_SILENT_AFTER) {
      before[1] = time;
      before[3] += count;
    } else this.texts.splice(index, 0, [time, time, text, Math.max(1, count)]);
  }

  /** Into its bucket, when a reduced history already covers that time. */
  #fold(/** @type {number} */ time, /** @type {number} */ value, /** @type {any} */ low, /** @type {any} */ high) {
    const width = this.bucket ?? 0;
    const index = lowerBound(this.rows, time - width);
    for (let i = index; i < this.rows.length && this.rows[i][0] <= time + width; i += 1) {
      const row = this.rows[i];
      const start = row[5];
      if (start === null || time < start || time >= start + width) continue;
      const newestBucket = i + 1 === this.rows.length || this.rows[i + 1][5] === null;
      if (newestBucket && time > row[0]) return false; // still filling: drawn raw until the next load
      const count = row[4] ?? 1;
      row[1] = (row[1] * count + value) / (count + 1);
      row[2] = Math.min(row[2] ?? value, low ?? value);
      row[3] = Math.max(row[3] ?? value, high ?? value);
      row[4] = count + 1;
      return true;
    }
    return false;
  }

  /** Of two live readings at one instant the first stays, as in the store; what the store answers is right.
   * @param {Row} row @param {boolean} stored */
  #put(row, stored) {
    const rows = this.rows;
    if (!rows.length || row[0] > rows[rows.length - 1][0]) {
      rows.push(row);
      return;
    }
    const index = lowerBound(rows, row[0]);
    const held = rows[index];
    if (!held || held[0] !== row[0]) rows.splice(index, 0, row);
    else if (row[2] !== null) {
      held[2] = Math.min(held[2] ?? held[1], row[2]);
      held[3] = Math.max(held[3] ?? held[1], row[3] ?? row[2]);
    } else if (stored) held[1] = row[1];
  }

  #bound() {
    if (this.rows.length > MAX_POINTS) {
      this.rows.splice(0, this.rows.length - MAX_POINTS);
      if (this.loaded) this.loaded.from = Math.max(this.loaded.from, this.rows[0][0]);
    }
    if (this.texts.length > MAX_POINTS) {
      this.texts.splice(0, this.texts.length - MAX_POINTS);
      this.textsSince = this.texts[0][0];
    }
  }

  /** Forget what lies before `from`, but for one of each: the line enters the window from it, a state holds. @param {number} from */
  trim(from) {
    const index = lowerBound(this.rows, from) - 1;
    if (index > 0) this.rows.splice(0, index);
    if (this.loaded) this.loaded.from = Math.max(this.loaded.from, from);
    let text = 0;
    while (text + 1 < this.texts.length && this.texts[text + 1][0] < from) text += 1;
    if (text > 0) this.texts.splice(0, text);
  }

  /** As it is now, untouched by what comes later. */
  copy() {
    const copy = new Points();
    const rows = this.rows.map((row) => /** @type {Row} */ ([...row]));
    const texts = this.texts.map((said) => /** @type {Said} */ ([...said]));
    return Object.assign(copy, this, { rows, texts, loaded: this.loaded && { ...this.loaded } });
  }

  /** Rows of the window and one neighbour on each side. @param {number} from @param {number} to */
  slice(from, to) {
    const start = Math.max(0, lowerBound(this.rows, from) - 1);
    return this.rows.slice(start, lowerBound(this.rows, to + 1) + 1);
  }

  /** Rows of a part of time, and no others. @param {{from: number, to: number}} part ms */
  within({ from, to }) {
    return this.rows.slice(lowerBound(this.rows, from), lowerBound(this.rows, to + 1));
  }

  /** The longest step in ms that is a line at any cadence. @param {number} expectedInterval seconds */
  gapAfter(expectedInterval) {
    return leastGap(expectedInterval, this.bucket);
  }
}
