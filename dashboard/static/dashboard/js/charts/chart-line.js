/** One series of numbers on a chart: what of it is in the window, in stretches without a gap, and what it was at a time. Pure. */

import { isGap, stretches } from "./gaps.js";
import { lowerBound } from "./points.js";

const NEAR = 200; // a cursor takes a reading within this part of the window

/** @typedef {import("./points.js").Row} Row */

export class ChartLine {
  /** @param {import("./live-chart.js").ChartSource} source @param {import("./live-chart.js").TimeLine} timeLine */
  constructor(source, timeLine) {
    this.source = source;
    this.timeLine = timeLine;
    /** @type {Row[]} in the window and one on each side */ this.rows = [];
    /** @type {Row[][]} */ this.stretches = [];
    /** of its line and marks */ this.stroke = "";
  }

  get points() {
    return this.source.points();
  }

  /** Take what is in the window now. @param {number} from @param {number} to @returns {Row[]} the rows inside */
  take(from, to) {
    const { points } = this;
    this.rows = points.slice(from, to);
    this.stretches = stretches(this.rows, points.gapAfter(this.source.expectedInterval), points.texts);
    return this.shown();
  }

  /** The rows drawn inside the window. */
  shown() {
    const { from, to } = this.timeLine.bounds();
    return this.rows.filter((row) => row[0] >= from && row[0] <= to);
  }

  /** The row a time belongs to: the nearest of a line, or one beside which it lies. @param {number} time */
  rowAt(time) {
    const { points } = this;
    const { rows } = points;
    const index = lowerBound(rows, time);
    const [before, after] = [rows[index - 1], rows[index]];
    const best = !after || (before && time - before[0] <= after[0] - time) ? before : after;
    if (!best) return null;
    const least = points.gapAfter(this.source.expectedInterval);
    const { from, to } = this.timeLine.bounds();
    const within = before && after && !isGap(rows, index, least);
    return within || Math.abs(best[0] - time) <= Math.max(least / 2, (to - from) / NEAR) ? best : null;
  }

  /** What was measured or said at a time. @param {number} time @returns {import("./live-chart.js").Reading|null} */
  at(time) {
    const { from, to } = this.timeLine.bounds();
    const said = this.points.texts.find(([first, last]) => time >= first - (to - from) / NEAR / 2 && time <= last + (to - from) / NEAR / 2);
    if (said) return { at: said[0], value: said[2], low: null, high: null };
    const row = this.rowAt(time);
    return row && { at: row[0], value: row[1], low: row[2], high: row[3] };
  }

  /** Whether nothing of the window is there. */
  get empty() {
    const { from, to } = this.timeLine.bounds();
    const { rows, texts } = this.points;
    return !rows.some((row) => row[0] >= from && row[0] <= to) && !texts.some(([first, last]) => last >= from && first <= to);
  }
}
