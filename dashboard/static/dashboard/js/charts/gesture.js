/**
 * What pointers on a chart mean. A mouse points where it hovers, picks an instant by a click and selects a range by dragging. A finger points where it
 * taps and, held first, as it moves; two fingers zoom; anything else of a finger is the page's scrolling. Pure but for
 * the timers it is given.
 */

const MIN_DRAG = 6; // px; less is a click or a tap
export const HOLD = 400; // ms a finger rests before it scrubs

/**
 * @typedef {{id: number, x: number, touch: boolean, keeps?: boolean}} Pointer  `x`: px from the chart's left; `keeps`: what is selected is kept, not zoomed to
 * @typedef {{point: (time: number|null, pointer: {series: number, touch: boolean}) => void, dragOver: (drag: {from: number, to: number}|null) => void,
 *   select: (from: number, to: number) => void, pick: (time: number, series: number) => void, keep: (part: {from: number, to: number}) => void, zoom: (factor: number, at: number) => void, drag: {from: number, to: number}|null}} Target
 */
export class Gesture {
  /** @param {{series: number, timeAt: (x: number) => number}} chart @param {Target} target
   * @param {{later: (act: () => void, ms: number) => any, cancel: (timer: any) => void}} timers */
  constructor(chart, target, timers) {
    this.chart = chart;
    this.target = target;
    this.timers = timers;
    /** @type {Map<number, number>} px, by pointer */ this.down = new Map();
    this.start = 0;
    this.moved = false;
    this.dragging = false;
    this.scrubbing = false;
    this.pinch = 0;
    this.timer = null;
  }

  #point(/** @type {Pointer} */ { x, touch }) {
    this.target.point(this.chart.timeAt(x), { series: this.chart.series, touch });
  }

  get #spread() {
    const [a, b] = [...this.down.values()];
    return Math.max(1, Math.abs(a - b));
  }

  /** @param {Pointer} pointer */
  pressed(pointer) {
    this.down.set(pointer.id, pointer.x);
    this.timers.cancel(this.timer);
    if (this.down.size === 2) {
      this.moved = true;
      this.scrubbing = false;
      this.pinch = this.#spread;
      return;
    }
    this.start = pointer.x;
    this.moved = false;
    this.dragging = false;
    this.scrubbing = false;
    if (!pointer.touch) return;
    this.timer = this.timers.later(() => {
      if (this.moved || this.down.size !== 1) return;
      this.scrubbing = true;
      this.#point(pointer);
    }, HOLD);
  }

  /** @param {Pointer} pointer */
  movedTo(pointer) {
    if (this.down.has(pointer.id)) this.down.set(pointer.id, pointer.x);
    else if (pointer.touch) return;
    if (this.down.size === 2) {
      const spread = this.#spread;
      if (Math.abs(spread - this.pinch) <= MIN_DRAG) return;
      const middle = [...this.down.values()].reduce((a, b) => a + b) / 2;
      this.target.zoom(this.pinch / spread, this.chart.timeAt(middle));
      this.pinch = spread;
      return;
    }
    if (Math.abs(pointer.x - this.start) > MIN_DRAG) this.moved = true;
    if (!pointer.touch || this.scrubbing) this.#point(pointer);
    if (pointer.touch || !this.down.size || !this.moved) return;
    // Escape has let the selection go: it does not come back before the next press.
    if (this.dragging && this.target.drag === null) return;
    this.dragging = true;
    this.target.dragOver({ from: this.chart.timeAt(this.start), to: this.chart.timeAt(pointer.x) });
  }

  /** @param {Pointer} pointer */
  released(pointer) {
    if (!this.down.delete(pointer.id)) return;
    this.timers.cancel(this.timer);
    if (pointer.touch) {
      if (!this.moved && !this.scrubbing) this.#point(pointer);
      return;
    }
    const { drag } = this.target;
    this.target.dragOver(null);
    if (this.dragging && drag) {
      const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      if (pointer.keeps) this.target.keep({ from, to });
      else this.target.select(from, to);
    } else if (!this.moved) this.target.pick(this.chart.timeAt(pointer.x), this.chart.series);
    this.dragging = false;
  }

  /** The page took the pointer for itself. @param {Pointer} pointer */
  lost(pointer) {
    this.down.delete(pointer.id);
    this.timers.cancel(this.timer);
    this.scrubbing = false;
    if (this.dragging) this.target.dragOver(null);
    this.dragging = false;
  }

  /** A mouse leaves; where a finger pointed stays marked. @param {Pointer} pointer */
  left(pointer) {
    if (!pointer.touch && !this.down.size) this.target.point(null, { series: this.chart.series, touch: false });
  }
}
