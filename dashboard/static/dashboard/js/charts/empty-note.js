/** Why a chart or a lane is empty, and what would fill it. */

import { age } from "../page/format.js";
import { el, setText } from "../page/element.js";

export class EmptyNote {
  /** @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(timeLine) {
    this.timeLine = timeLine;
    this.element = el("div", { class: "no-data", attrs: { hidden: "" } });
    this.key = "";
  }

  /** @param {boolean} isEmpty @param {[number, number|string]|null} last the newest reading before the window @param {number} now */
  show(isEmpty, last, now) {
    this.element.hidden = !isEmpty;
    if (!isEmpty) return;
    const key = `${last?.[0]}|${this.timeLine.live}`;
    if (this.key === key) {
      setText(this.element.querySelector("b"), last ? age(now - last[0]) : "");
      return;
    }
    this.key = key;
    if (!last) {
      const live = this.timeLine.live ? [] : [el("span", { text: " — " }), el("button", { class: "link", text: "go live", on: { click: () => this.timeLine.backToLive() } })];
      this.element.replaceChildren(el("span", { text: "No readings in this window, and none before it" }), ...live);
      return;
    }
    const jump = () => {
      const { from, to } = this.timeLine.bounds();
      this.timeLine.select(last[0] - (to - from) * 0.9, last[0] + (to - from) * 0.1);
    };
    this.element.replaceChildren(el("span", { text: "No readings in this window. Last one " }), el("b", { text: age(now - last[0]) }),
      el("span", { text: " ago — " }), el("button", { class: "link", text: "jump there", on: { click: jump } }));
  }
}
