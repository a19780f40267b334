/** The charts of a device's page: a card for each series it has now. */

import { byId } from "../page/element.js";
import { ChartCard } from "./chart-card.js";
import { Scheduler } from "../page/scheduler.js";

const PALETTE = 8; // distinguishable colours; further series share them on charts of their own

export class ChartCards {
  /** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(device, timeLine) {
    this.device = device;
    this.timeLine = timeLine;
    this.scheduler = new Scheduler();
    /** By series. @type {Map<number, ChartCard>} */ this.cards = new Map();
    // Paper shows what was out of sight as well.
    addEventListener("beforeprint", () => this.cards.forEach((card) => card.chart.draw()));
  }

  /** Draw these and no others. @param {any[]} series in the order they are shown */
  list(series) {
    const kinds = new Map(series.map((s) => [s.id, s.kind]));
    for (const [id, card] of this.cards) if (kinds.get(id) !== card.series.kind) this.#remove(id, card);
    series.forEach((s, index) => {
      if (this.cards.has(s.id)) this.cards.get(s.id)?.describe(s);
      else this.#add(s, `--series-${(index % PALETTE) + 1}`);
    });
  }

  #add(/** @type {any} */ series, /** @type {string} */ colourName) {
    const card = new ChartCard({ ...series }, { device: this.device, timeLine: this.timeLine, colourName });
    this.cards.set(series.id, card);
    byId("charts").append(card.element);
    this.scheduler.add({ element: card.canvas, draw: () => card.chart.draw() });
  }

  #remove(/** @type {number} */ id, /** @type {ChartCard} */ card) {
    this.scheduler.remove(card.canvas);
    card.remove();
    this.cards.delete(id);
  }

  /** Start all afresh: another window, another axis. */
  reset() {
    for (const card of this.cards.values()) card.chart.reset();
  }
}
