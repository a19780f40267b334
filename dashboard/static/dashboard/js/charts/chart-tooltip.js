/** Beside the cursor: the instant in the viewer's zone, and every series of the page at it. */

import { bare, humanise } from "../page/format.js";
import { moment } from "../time/moment.js";
import { el } from "../page/element.js";

const AWAY = 16; // px from the pointer
const MAX_LINES = 12; // series; a page with more shows the first

export class ChartTooltip {
  /** @param {import("../time/time-line.js").TimeLine} timeLine @param {() => import("./chart-card.js").ChartCard[]} cards */
  constructor(timeLine, cards) {
    this.timeLine = timeLine;
    this.cards = cards;
    this.element = el("div", { class: "tooltip", attrs: { hidden: "", "aria-hidden": "true" } });
    document.body.append(this.element);
    document.addEventListener("pointermove", (event) => {
      this.x = event.clientX;
      this.y = event.clientY;
    }, { passive: true });
  }

  draw() {
    const time = this.timeLine.cursor;
    this.element.hidden = time === null;
    if (time === null) {
      this.key = null;
      return;
    }
    const key = `${time}|${this.x}|${this.y}`;
    if (key === this.key) return;
    this.key = key;
    this.element.replaceChildren(el("b", { text: moment(time) }), ...this.cards().slice(0, MAX_LINES).map((card) => {
      const row = card.chart.at(time);
      const unit = row && typeof row[1] === "number" && card.series.kind !== "boolean" ? `\u2009${card.series.unit}` : "";
      const swatch = el("i", { class: "swatch" });
      swatch.style.background = card.colour;
      const [low, high] = row && row[2] !== null ? [bare(row[2], card.series), bare(row[3], card.series)] : ["", ""];
      const band = low === high ? "" : `${low} … ${high}`;
      return el("div", {}, swatch, el("span", { class: "clip", text: humanise(card.series.metric) }),
        el("small", { text: band }), el("span", { class: "at", text: row ? bare(row[1], card.series) + unit : "–" }));
    }));
    const { width, height } = this.element.getBoundingClientRect();
    const left = (this.x ?? 0) + AWAY + width > innerWidth ? (this.x ?? 0) - AWAY - width : (this.x ?? 0) + AWAY;
    this.element.style.left = `${Math.max(4, left)}px`;
    this.element.style.top = `${Math.max(4, Math.min((this.y ?? 0) + AWAY, innerHeight - height - 8))}px`;
  }
}
