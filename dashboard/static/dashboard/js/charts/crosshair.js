/** Over all charts of a page: the one crosshair, the readings it meets, the instant that was picked, and the part of time being selected or kept. Not drawn on the
 * charts, which would all be drawn anew with every move of the pointer. */

import { el } from "../page/element.js";

export class Crosshair {
  /** @param {HTMLElement} area of the charts @param {import("../time/time-line.js").TimeLine} timeLine @param {import("./time-axis.js").TimeAxis} axis in whose pixels a time is found */
  constructor(area, timeLine, axis) {
    this.timeLine = timeLine;
    this.axis = axis;
    /** what it was last drawn for */ this.key = "";
    this.line = el("i", { class: "crosshair", attrs: { hidden: "" } });
    this.part = el("i", { class: "selected-part", attrs: { hidden: "" } });
    this.picked = el("i", { class: "picked", attrs: { hidden: "" } });
    this.element = el("div", { class: "over-charts", attrs: { "aria-hidden": "true" } }, this.part, this.picked, this.line);
    area.append(this.element);
  }

  draw() {
    const { cursor, drag, selection, picked } = this.timeLine;
    const { from, to } = this.timeLine.bounds();
    const part = drag ?? selection;
    const key = [cursor, picked, part?.from, part?.to, cursor === null && picked === null && !part ? 0 : from, to - from, this.axis.key].join();
    if (key === this.key) return;
    this.key = key;
    this.line.hidden = cursor === null || cursor < from || cursor > to;
    if (cursor !== null) this.line.style.transform = `translateX(${Math.round(this.axis.pixelOf(cursor))}px)`;
    this.picked.hidden = picked === null || picked < from || picked > to;
    if (picked !== null) this.picked.style.transform = `translateX(${Math.round(this.axis.pixelOf(picked))}px)`;
    this.part.hidden = !part;
    if (!part) return;
    const [a, b] = [part.from, part.to].map((at) => this.axis.pixelOf(Math.min(to, Math.max(from, at)))).sort((one, other) => one - other);
    Object.assign(this.part.style, { transform: `translateX(${a}px)`, width: `${b - a}px` });
  }
}

/** The readings of one chart under the crosshair. */
export class Dots {
  /** @param {HTMLElement} plot */
  constructor(plot) {
    this.element = el("div", { class: "dots", attrs: { "aria-hidden": "true" } });
    plot.append(this.element);
  }

  /** @param {{x: number, y: number, colour: string}[]} dots */
  show(dots) {
    while (this.element.children.length > dots.length) this.element.lastElementChild?.remove();
    while (this.element.children.length < dots.length) this.element.append(el("i"));
    dots.forEach(({ x, y, colour }, i) => {
      const { style } = /** @type {HTMLElement} */ (this.element.children[i]);
      style.transform = `translate(${x}px, ${y}px)`;
      style.background = `var(${colour})`;
    });
  }
}
