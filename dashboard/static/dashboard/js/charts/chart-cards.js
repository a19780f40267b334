/** The charts of a device's page: a card for each series it has now. */

import { byId } from "../page/element.js";
import { AlertSpans } from "./alert-spans.js";
import { AxisRoom } from "./axis-room.js";
import { ChartCard } from "./chart-card.js";
import { Heard } from "./heard.js";
import { Scheduler } from "../page/scheduler.js";

const HEARD_FOR = 500; // ms
const PAPER = { width: 320, chart: 150, strip: 56 }; // px; the style sheet fits it to the column
const PALETTE = 8; // distinguishable colours; further series share them on charts of their own

export class ChartCards {
  /** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(device, timeLine) {
    this.device = device;
    this.timeLine = timeLine;
    this.scheduler = new Scheduler();
    this.room = new AxisRoom(byId("charts"));
    this.alerts = new AlertSpans();
    /** By series. @type {Map<number, ChartCard>} */ this.cards = new Map();
    /** @type {{heard: Heard, generation: number, at: number}|null} */ this.told = null;
  }

  /** When the device was there, by all of its series; asked of every strip for every frame, told anew twice a second. */
  heard() {
    const { generation } = this.timeLine;
    const now = performance.now();
    if (this.told === null || this.told.generation !== generation || now - this.told.at > HEARD_FOR) {
      const all = [...this.cards.keys()].map((id) => this.timeLine.points(id));
      this.told = { heard: new Heard(all, this.device.expected_interval), generation, at: now };
    }
    return this.told.heard;
  }

  /** Paper shows what was out of sight as well, in a size of its own. */
  toPaper() {
    for (const { chart, strip } of this.cards.values()) {
      chart.restyle();
      chart.resize(PAPER.width, strip ? PAPER.strip : PAPER.chart);
      chart.draw();
    }
  }

  fromPaper() {
    for (const { chart } of this.cards.values()) {
      chart.restyle();
      chart.resize();
      chart.draw();
    }
  }

  /** Draw these and no others. @param {any[]} series in the order they are shown */
  list(series) {
    for (const frame of byId("charts").querySelectorAll("[data-frame]")) frame.remove(); // they kept the room
    const kinds = new Map(series.map((s) => [s.id, s.kind]));
    for (const [id, card] of this.cards) if (kinds.get(id) !== card.series.kind) this.#remove(id, card);
    series.forEach((s, index) => {
      if (this.cards.has(s.id)) this.cards.get(s.id)?.describe(s);
      else this.#add(s, `--series-${(index % PALETTE) + 1}`);
    });
  }

  #add(/** @type {any} */ series, /** @type {string} */ colourName) {
    const page = { device: this.device, timeLine: this.timeLine, room: this.room, heard: () => this.heard(), alerts: this.alerts };
    const card = new ChartCard({ ...series }, page, colourName);
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
    this.told = null;
    for (const card of this.cards.values()) card.chart.reset();
  }
}
