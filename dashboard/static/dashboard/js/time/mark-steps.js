/** To the next mark, and the one before. Pure. */

const PIXEL = 1 / 1000; // share of a window: the middle of one is not exactly where its mark is

export class MarkSteps {
  /** @param {import("./marks.js").Marks} marks @param {import("./time-line.js").TimeLine} timeLine */
  constructor(marks, timeLine) {
    this.marks = marks;
    this.timeLine = timeLine;
    /** where a step led, and the window it left: one beside the present is not in the middle of its own
     * @type {{at: number, span: import("./timespan.js").Span}|null} */ this.stood = null;
  }

  /** @param {1|-1} way @returns {import("./marks.js").Mark|null} what it leads to */
  go(way) {
    const { from, to } = this.timeLine.bounds();
    const here = this.stood?.span === this.timeLine.span ? this.stood.at : (from + to) / 2;
    const mark = this.marks.next(here, way, this.stood?.at === here ? 0 : (to - from) * PIXEL);
    if (!mark) return null;
    this.timeLine.select(mark.at - (to - from) / 2, mark.at + (to - from) / 2);
    this.timeLine.point(mark.at, { series: 0, touch: false });
    this.stood = { at: mark.at, span: this.timeLine.span };
    return mark;
  }
}
