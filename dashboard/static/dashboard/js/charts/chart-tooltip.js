/** Beside the cursor: the instant in the viewer's zone, and every series of the page at it. */

import { bare, humanise } from "../page/format.js";
import { moment } from "../time/moment.js";
import { el } from "../page/element.js";

const AWAY = 16; // px from the pointer
const MAX_LINES = 12; // series; of more, those in sight

export class ChartTooltip {
  /** @param {import("../time/time-line.js").TimeLine} timeLine @param {() => import("./chart-card.js").ChartCard[]} cards */
  constructor(timeLine, cards) {
    this.timeLine = timeLine;
    this.cards = cards;
    /** what it was last drawn for @type {string|null} */ this.key = null;
    this.element = el("div", { class: "tooltip", attrs: { hidden: "", "aria-hidden": "true" } });
    document.body.append(this.element);
    document.addEventListener("pointermove", (event) => {
      this.x = event.clientX;
      this.y = event.clientY;
    }, { passive: true });
  }

  draw() {
    const { cursor: time, pointer, drag } = this.timeLine;
    // It would cover the selection; and a finger has the values in the heads, where it does not cover them.
    this.element.hidden = time === null || drag !== null || pointer.touch;
    if (time === null || this.element.hidden) {
      this.key = null;
      return;
    }
    const key = `${time}|${pointer.series}|${this.x}|${this.y}`;
    if (key === this.key) return;
    this.key = key;
    const cards = this.#order(pointer.series);
    const first = cards[0]?.series.id === pointer.series ? cards[0].chart.at(time) : null;
    // The time of the reading, as its chart's head says it; of a state, which began long ago, the pointer's.
    const at = first && !cards[0].strip ? first.at : time;
    this.element.replaceChildren(el("b", { text: moment(at) }), ...cards.slice(0, MAX_LINES).map((card) => {
      const { series } = card;
      const reading = card.chart.at(time);
      const unit = typeof reading?.value === "number" && series.unit ? `\u2009${series.unit}` : "";
      const swatch = el("i", { class: "swatch" });
      swatch.style.background = card.colour;
      const [low, high] = reading && reading.low !== null ? [bare(reading.low, series), bare(reading.high, series)] : ["", ""];
      const band = low === high ? "" : `${low} … ${high}`;
      return el("div", {}, swatch, el("span", { class: "clip", text: humanise(series.metric) }),
        el("small", { text: band }), el("span", { class: "at", text: reading ? bare(reading.value, series) + unit : "–" }));
    }), ...(cards[0]?.alerts.at(cards[0].series.metric, time) ?? []).map(({ sentence, severity }) => el("p", { data: { state: severity }, text: `▲ ${sentence}` })));
    const { width, height } = this.element.getBoundingClientRect();
    const left = (this.x ?? 0) + AWAY + width > innerWidth ? (this.x ?? 0) - AWAY - width : (this.x ?? 0) + AWAY;
    this.element.style.left = `${Math.max(4, left)}px`;
    this.element.style.top = `${Math.max(4, Math.min((this.y ?? 0) + AWAY, innerHeight - height - 8))}px`;
  }

  /** The chart under the pointer first, then those in sight. @param {number} hovered series */
  #order(hovered) {
    const place = (/** @type {import("./chart-card.js").ChartCard} */ card) => {
      if (card.series.id === hovered) return 0;
      const { top, bottom } = card.element.getBoundingClientRect();
      return bottom > 0 && top < innerHeight ? 1 : 2;
    };
    return this.cards().map((card) => ({ card, at: place(card) })).sort((a, b) => a.at - b.at).map(({ card }) => card);
  }
}
