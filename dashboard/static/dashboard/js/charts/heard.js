/**
 * When a device was there, told by the readings of all its series: a state holds until its next value or until the
 * device is away, and a boolean that comes twice a day is not away in between. Pure.
 */

import { median } from "./gaps.js";
import { silentAfter } from "../presence/presence.js";

const FORGIVEN = 1.5; // usual steps of the device; what a slow one needs to be silent

export class Heard {
  /** @param {Iterable<import("./points.js").Points>} all of the device's series @param {number} expectedInterval seconds */
  constructor(all, expectedInterval) {
    /** @type {[number, number][]} */ const heard = [];
    for (const { rows, texts, before, bucket } of all) {
      if (before) heard.push([before[0], before[0]]);
      for (const [at, , , , , start] of rows) heard.push(start === null ? [at, at] : [start, start + (bucket ?? 0)]);
      for (const [first, last] of texts) heard.push([first, last]);
    }
    heard.sort((a, b) => a[0] - b[0]);
    const steps = [];
    for (let i = 1; i < heard.length; i += 1) if (heard[i][0] > heard[i - 1][1]) steps.push(heard[i][0] - heard[i - 1][1]);
    /** ms without a word after which it is away */
    this.limit = Math.max(silentAfter(expectedInterval), steps.length ? FORGIVEN * median(steps) : 0);
    /** @type {[number, number][]} first and last word of each stretch it was there, in order */
    this.stretches = [];
    for (const [first, last] of heard) {
      const stretch = this.stretches[this.stretches.length - 1];
      if (stretch && first - stretch[1] <= this.limit) stretch[1] = Math.max(stretch[1], last);
      else this.stretches.push([first, last]);
    }
  }

  /** Until when a value of this time holds, if no other comes. @param {number} at */
  holdsUntil(at) {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.stretches[middle][0] <= at) low = middle + 1;
      else high = middle;
    }
    const stretch = this.stretches[low - 1];
    return stretch && at <= stretch[1] + this.limit ? stretch[1] + this.limit : at;
  }
}
