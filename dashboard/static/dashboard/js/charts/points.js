/**
 * The drawn history of one series: rows sorted by time, merged from a snapshot and live points so
 * that no point is missing and none appears twice. Pure.
 *
 * A row is `[ms, value, low, high, count, start]`. A raw reading has null from `low` on; a live point
 * merged by the server has low and high; a bucket of a reduced history has all, and `ms` is its middle.
 * @typedef {[number, number|string, number|null, number|null, number|null, number|null]} Row
 */

export const MAX_POINTS = 6000; // rows of one series; the oldest go first
const GAP_INTERVALS = 1.5; // expected intervals: half of one is forgiven as jitter
const MERGED_GRACE = 10_000; // ms beside a point the server merged for a slow viewer

/** @param {Row[]} rows @param {number} time @returns {number} index of the first row at or after `time` */
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
    /** @type {number|null} width of a reduced history's buckets in ms */ this.bucket = null;
    /** @type {[number, number|string]|null} newest reading before the history */ this.before = null;
    /** @type {number} rows that came live since the history was loaded */ this.fresh = 0;
    /** @type {number} changes with every change */ this.version = 0;
  }

  /** @returns {Row|null} */
  get last() {
    return this.rows.length ? this.rows[this.rows.length - 1] : null;
  }

  /**
   * Take a history in the shape of `GET /api/v1/readings/`. A raw one is merged into raw rows; buckets
   * are never mixed with rows of another resolution.
   * @param {{reduced: boolean, bucket_ms: number|null, points: any[], before?: any}} history
   * @param {number} to end of the history in ms
   */
  load(history, to) {
    const merge = !history.reduced && this.bucket === null;
    this.bucket = history.reduced ? history.bucket_ms : null;
    this.before = history.before ?? null;
    this.fresh = 0;
    this.version += 1;
    if (!merge) this.rows = [];
    if (history.reduced) {
      const width = history.bucket_ms ?? 0;
      this.rows = history.points.map(([start, mean, low, high, count]) =>
        /** @type {Row} */ ([Math.min(start + width / 2, Math.max(start, to)), mean, low, high, count, start]));
    } else {
      for (const [time, value] of history.points) this.#put([time, value, null, null, null, null]);
    }
    this.#bound();
  }

  /** Live points `[ms, value]` or `[ms, last, min, max]`. @param {any[]} points */
  add(points) {
    this.version += 1;
    for (const [time, value, low = null, high = null] of points) {
      if (this.bucket !== null && this.#fold(time, value, low, high)) continue;
      this.#put([time, value, low, high, null, null]);
      this.fresh += 1;
    }
    this.#bound();
  }

  /** Into its bucket, when a reduced history already covers that time. */
  #fold(/** @type {number} */ time, /** @type {any} */ value, /** @type {any} */ low, /** @type {any} */ high) {
    const width = this.bucket ?? 0;
    const index = lowerBound(this.rows, time - width);
    for (let i = index; i < this.rows.length && this.rows[i][0] <= time + width; i += 1) {
      const row = this.rows[i];
      const start = row[5];
      if (start === null || time < start || time >= start + width) continue;
      const newestBucket = i + 1 === this.rows.length || this.rows[i + 1][5] === null;
      if (newestBucket && time > row[0]) return false; // still filling: drawn raw until the next load
      const count = row[4] ?? 1;
      row[1] = (Number(row[1]) * count + value) / (count + 1);
      row[2] = Math.min(row[2] ?? value, low ?? value);
      row[3] = Math.max(row[3] ?? value, high ?? value);
      row[4] = count + 1;
      return true;
    }
    return false;
  }

  /** @param {Row} row */
  #put(row) {
    const rows = this.rows;
    if (!rows.length || row[0] > rows[rows.length - 1][0]) {
      rows.push(row);
      return;
    }
    const index = lowerBound(rows, row[0]);
    if (index < rows.length && rows[index][0] === row[0]) rows[index] = row;
    else rows.splice(index, 0, row);
  }

  #bound() {
    if (this.rows.length > MAX_POINTS) this.rows.splice(0, this.rows.length - MAX_POINTS);
  }

  /** Forget what lies before `from`, but for one row: the line enters the window from it. @param {number} from */
  trim(from) {
    const index = lowerBound(this.rows, from) - 1;
    if (index > 0) this.rows.splice(0, index);
  }

  /** As it is now, untouched by what comes later. */
  copy() {
    const copy = new Points();
    return Object.assign(copy, this, { rows: this.rows.map((row) => /** @type {Row} */ ([...row])) });
  }

  /** Rows of the window and one neighbour on each side. @param {number} from @param {number} to */
  slice(from, to) {
    const start = Math.max(0, lowerBound(this.rows, from) - 1);
    return this.rows.slice(start, lowerBound(this.rows, to + 1) + 1);
  }

  /** The row nearest to a time, or null when none is within `reach` ms. @param {number} time @param {number} reach */
  near(time, reach) {
    const index = lowerBound(this.rows, time);
    const after = this.rows[index];
    const before = this.rows[index - 1];
    const best = !after || (before && time - before[0] <= after[0] - time) ? before : after;
    return best && Math.abs(best[0] - time) <= reach ? best : null;
  }

  /** The longest step in ms that is drawn as a line. @param {number} expectedInterval seconds */
  gapAfter(expectedInterval) {
    return Math.max(GAP_INTERVALS * expectedInterval * 1000, GAP_INTERVALS * (this.bucket ?? 0));
  }
}

/**
 * The points of a line, with a `{x, y: NaN}` in each gap so that it breaks there.
 * @param {Row[]} rows @param {number} gapAfter ms
 */
export function line(rows, gapAfter) {
  /** @type {{x: number, y: number}[]} */
  const out = [];
  let previous = null;
  for (const row of rows) {
    if (previous !== null) {
      const merged = (row[2] !== null && row[5] === null) || (previous[2] !== null && previous[5] === null);
      if (row[0] - previous[0] > gapAfter + (merged ? MERGED_GRACE : 0)) {
        out.push({ x: (row[0] + previous[0]) / 2, y: NaN });
      }
    }
    out.push({ x: row[0], y: Number(row[1]) });
    previous = row;
  }
  return out;
}
