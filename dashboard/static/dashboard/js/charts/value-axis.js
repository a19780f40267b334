/** One value axis of a chart: where it begins and ends, and what is written beside it. Pure. */

import { allWhole, extent, valueRange, withThresholds } from "./value-range.js";
import { logRange, logTicks } from "./log-ticks.js";
import { valueTicks } from "./value-ticks.js";

/** @typedef {import("./points.js").Row} Row @typedef {import("./layout.js").AxisLimits} AxisLimits */

/** @type {AxisLimits} */ export const FREE = Object.freeze({ min: null, max: null, log: false });

export class ValueAxis {
  constructor() {
    /** @type {AxisLimits} */ this.limits = FREE;
    /** @type {{min: number, max: number}|null} */ this.range = null;
    /** @type {import("./value-ticks.js").Ticks} */ this.ticks = { values: [], labels: [], note: "" };
    /** no value was drawn on this axis yet: its numbers would be made up */ this.blank = true;
  }

  /**
   * Make room for these values. @param {Row[]} rows @param {{value: number}[]} lines that it reaches to if they are near @param {boolean} zero
   * @returns {{min: number, max: number}}
   */
  fit(rows, lines, zero) {
    const { log } = this.limits;
    const drawn = log ? rows.filter((row) => (row[2] ?? row[1]) > 0) : rows;
    const previous = this.blank ? null : this.range;
    this.blank = !drawn.length && previous === null;
    const data = withThresholds(extent(drawn), log ? lines.filter(({ value }) => value > 0) : lines);
    const free = log ? this.#logarithmic(data, previous) : valueRange(data, previous, zero);
    this.range = this.#limited(free);
    const { min, max } = this.range;
    this.ticks = log ? logTicks(min, max) : valueTicks(min, max, allWhole(rows));
    return this.range;
  }

  #logarithmic(/** @type {{low: number, high: number}|null} */ data, /** @type {{min: number, max: number}|null} */ previous) {
    if (data === null) return previous ?? { min: 1, max: 10 };
    const fresh = logRange(data.low, data.high);
    const isCalm = previous !== null && previous.min <= data.low && previous.max >= data.high && Math.log(fresh.max / fresh.min) > Math.log(previous.max / previous.min) / 2;
    return isCalm ? previous : fresh;
  }

  /** As the viewer set it; an end set beyond the free one moves that along. @param {{min: number, max: number}} free */
  #limited({ min, max }) {
    const { log } = this.limits;
    const low = this.limits.min !== null && (!log || this.limits.min > 0) ? this.limits.min : null;
    const high = this.limits.max !== null && (!log || this.limits.max > 0) ? this.limits.max : null;
    const length = max - min;
    if (low !== null) min = low;
    if (high !== null) max = high;
    if (min < max) return { min, max };
    if (log) return high === null ? { min, max: min * 10 } : { min: max / 10, max };
    return high === null ? { min, max: min + length } : { min: max - length, max };
  }

  /** Whether values may lie beyond it. */
  get isLimited() {
    return this.limits.log || this.limits.min !== null || this.limits.max !== null;
  }

  /** Whether a value has a place on it at all. @param {number} value */
  holds(value) {
    return !this.limits.log || value > 0;
  }

  /** @param {AxisLimits|undefined} limits */
  limit(limits = FREE) {
    this.limits = limits;
    this.reset();
  }

  /** Start afresh. */
  reset() {
    this.range = null;
    this.blank = true;
  }
}
