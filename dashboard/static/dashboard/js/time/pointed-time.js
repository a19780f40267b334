/** What is pointed at, selected and picked on the time line of a page; whoever draws it hears `cursor`. */

import { NEAR } from "./timespan.js";

/** @typedef {{from: number, to: number}} Part ms */

export class PointedTime extends EventTarget {
  constructor() {
    super();
    /** @type {number|null} ms, where the pointer is */ this.cursor = null;
    /** what pointed: the series whose chart it is on, and whether with a finger */ this.pointer = { series: 0, touch: false };
    /** what is being selected @type {Part|null} */ this.drag = null;
    /** a part of time that was selected to be looked at or marked, not to zoom to @type {Part|null} */ this.selection = null;
    /** an instant that was picked by a click, to be marked @type {number|null} ms */ this.picked = null;
  }

  /** The window it is pointed at in. @returns {Part} */
  bounds() {
    throw new Error("a time line has a window");
  }

  #moved() {
    this.dispatchEvent(new Event("cursor"));
  }

  /** Where a pointer is, or that it is nowhere. @param {number|null} time @param {{series: number, touch: boolean}} [pointer] */
  point(time, pointer = this.pointer) {
    if (time === this.cursor && pointer.series === this.pointer.series) return;
    this.cursor = time;
    this.pointer = pointer;
    this.#moved();
  }

  /** A second has passed: what was pointed at may have gone out of sight. */
  tick() {
    if (this.cursor !== null && this.cursor < this.bounds().from) this.point(null);
  }

  /** @param {Part|null} drag what is being selected */
  dragOver(drag) {
    this.drag = drag;
    this.#moved();
  }

  /** @param {Part|null} selection */
  keep(selection) {
    this.selection = selection;
    this.picked = null;
    this.#moved();
  }

  /** An instant was clicked: what is marked there may open, otherwise it can be marked. @param {number} time @param {number} series on whose chart */
  pick(time, series) {
    const { from, to } = this.bounds();
    const near = (to - from) / NEAR;
    if (!this.dispatchEvent(new CustomEvent("pick", { cancelable: true, detail: { time, series, near } }))) return;
    this.selection = null;
    this.picked = this.picked !== null && Math.abs(time - this.picked) <= near ? null : time;
    this.#moved();
  }

  /** What the pointer stood on has moved. */
  leavePointed() {
    this.cursor = null;
    this.drag = null;
    this.picked = null;
  }

  /** Let the last thing go: what is being selected, what is kept or picked, where a finger pointed. @returns {boolean} whether there was one */
  letGo() {
    if (this.drag) this.dragOver(null);
    else if (this.selection || this.picked !== null) this.keep(null);
    else if (this.cursor !== null && this.pointer.touch) this.point(null);
    else return false;
    return true;
  }
}
