/** The charts of a device's page: a card for each chart the viewer's layout has, of the series there are now. */

import { byId, el, place } from "../page/element.js";
import { CardActs } from "./card-acts.js";
import { AlertSpans } from "./alert-spans.js";
import { AxisRoom } from "./axis-room.js";
import { Crosshair } from "./crosshair.js";
import { ChartCard } from "./chart-card.js";
import { ChartTools } from "./chart-tools.js";
import { Heard } from "./heard.js";
import { isState, matches, panels, parted, plain } from "./layout.js";
import { LayoutStore } from "./layout-store.js";
import { LimitHandles } from "./limit-handles.js";
import { marksOn, openAt } from "./drawn-marks.js";
import { marks } from "../time/marks.js";
import { nameOf } from "./series-head.js";
import { Scheduler } from "../page/scheduler.js";
import { serverNow } from "../time/clock.js";
import { thresholdsOf } from "./chart-source.js";
import { TimeAxis } from "./time-axis.js";
import { wireGestures } from "./chart-gestures.js";

const HEARD_FOR = 500; // ms
const PAPER = { width: 440, chart: 130, strip: 50 }; // px; the style sheet fits it to the column
const PALETTE = 8; // distinguishable colours; further series share them on charts of their own
const RIGHT = 8; // px right of every plot

/** @typedef {import("./layout.js").Layout} Layout @typedef {import("./layout.js").Panel} Panel */

export class ChartCards {
  /** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine
   * @param {{search: () => string, show: (query: string) => void}} address @param {() => number|null} lastHeard ms
   * @param {{panels?: typeof panels, part?: (panel: Panel) => void, kept?: import("./layout-store.js").Kept}} [own] of a page that lays its charts out in a
   * way of its own: `part` gives each line of a chart one of its own, `kept` remembers layouts */
  constructor(device, timeLine, address, lastHeard, own = {}) {
    this.device = device;
    this.timeLine = timeLine;
    this.scheduler = new Scheduler();
    const column = byId("charts-column");
    this.rooms = { left: new AxisRoom(column), right: new AxisRoom(column, "--axis-right", RIGHT) };
    this.alerts = new AlertSpans();
    this.page = { device, timeLine, rooms: this.rooms, heard: (/** @type {any} */ of) => this.heard(of), alerts: this.alerts, marks, hasTimes: false, lastHeard, resolution: () => this.resolution };
    this.store = new LayoutStore(address, own.kept ?? null);
    this.panelsOf = own.panels ?? panels;
    this.part = own.part ?? ((/** @type {Panel} */ panel) => this.arrange(parted(this.layout, panel)));
    /** @type {any[]} */ this.series = [];
    this.search = "";
    /** in the order they are shown @type {ChartCard[]} */ this.cards = [];
    /** the panels they show @type {Panel[]} */ this.panels = [];
    /** by series @type {Map<number, [number, number|string]>} */ this.latest = new Map();
    /** by device @type {Map<string, {heard: Heard, generation: number, at: number}>} */ this.told = new Map();
    /** who is told of them @type {(field: string, value: number, isDone: boolean) => void} */ this.moved = () => {};
    this.acts = new CardActs(this);
    this.tools = new ChartTools(this);
    /** the lines being dragged @type {{card: ChartCard, series: any, limits: import("./limit-handles.js").Limit[], handles: LimitHandles}|null} */ this.edited = null;
    this.axis = new TimeAxis(byId("time-axis"), timeLine, this.rooms);
    this.crosshair = new Crosshair(byId("charts"), timeLine, this.axis);
    this.scheduler.add({ element: byId("time-axis"), draw: () => [this.axis, this.crosshair].forEach((each) => each.draw()) });
    wireGestures(byId("time-axis"), 0, this.axis, timeLine);
    timeLine.addEventListener("cursor", () => this.tools.showSelection());
    timeLine.addEventListener("pick", (event) => this.#opens(/** @type {CustomEvent} */ (event)) && event.preventDefault());
  }

  /** Whether what is marked at a clicked instant was opened. @param {CustomEvent<{time: number, series: number, near: number}>} event */
  #opens({ detail: { time, series, near } }) {
    const shown = this.cards.find((card) => card.series.some(({ id }) => id === series))?.series.map(({ id }) => id) ?? [];
    return openAt(marksOn(marks, shown, this.timeLine.bounds()), time, near);
  }

  /** When a device was there, by all of its series; asked of every strip for every frame, told anew twice a second. */
  heard(device = this.device) {
    const { generation } = this.timeLine;
    const now = performance.now();
    let told = this.told.get(device.uid);
    if (told === undefined || told.generation !== generation || now - told.at > HEARD_FOR) {
      const all = this.series.filter(({ of = this.device }) => of.uid === device.uid).map(({ id }) => this.timeLine.points(id));
      told = { heard: new Heard(all, device.expected_interval), generation, at: now };
      this.told.set(device.uid, told);
    }
    return told.heard;
  }

  /** ms of the buckets, if all that is drawn has the same; otherwise null. */
  get resolution() {
    const buckets = new Set(this.series.map(({ id }) => this.timeLine.points(id)).filter(({ rows }) => rows.length).map(({ bucket }) => bucket));
    return buckets.size === 1 ? [...buckets][0] : null;
  }

  /** @param {Layout} layout */
  arrange(layout) {
    this.store.keep(layout);
    this.show();
  }

  get layout() {
    return this.store.layout;
  }

  /** Draw these and no others. @param {any[]} series in their natural order */
  list(series) {
    for (const frame of byId("charts").querySelectorAll("[data-frame]")) frame.remove(); // they kept the room
    const known = new Map(this.series.map((one) => [one.id, one]));
    this.series = series.map((s, i) => Object.assign(known.get(s.id) ?? {}, s, { own: (s.own ?? i) % PALETTE }));
    this.show();
  }

  /** The cards the layout has now, each kept while its lines and lanes are the same. */
  show() {
    const found = this.series.filter((one) => matches(one, this.search, nameOf(one)));
    this.panels = this.panelsOf(found, this.layout);
    const held = new Map(this.cards.map((card) => [card.made, card]));
    this.cards = this.panels.map((panel) => {
      const series = coloured([...panel.lines, ...panel.lanes]);
      const made = JSON.stringify(series.map(({ id, metric, kind, unit, precision, label, colourName }) => [id, metric, kind, unit, precision, label, colourName]));
      const card = held.get(made) ?? this.#make(series, made);
      held.delete(made);
      return card;
    });
    for (const card of held.values()) this.#remove(card);
    this.cards.forEach((card, i) => this.#fit(card, this.panels[i]));
    place(byId("charts"), [...this.cards.map(({ element }) => element), this.crosshair.element]);
    this.tools.show();
  }

  #make(/** @type {any[]} */ series, /** @type {string} */ made) {
    const card = Object.assign(new ChartCard(series, this.page, this.acts), { made });
    for (const head of card.all) head.setLatest(this.latest.get(head.series.id));
    this.scheduler.add({ element: card.seen, draw: () => this.#draw(card) });
    this.acts.wire(card);
    byId("charts").append(card.element);
    card.tick();
    return card;
  }

  #draw(/** @type {ChartCard} */ card) {
    card.draw();
    if (this.edited?.card === card) this.edited.handles.show(card.chart, this.edited.limits, this.edited.series);
  }

  #remove(/** @type {ChartCard} */ card) {
    if (this.edited?.card === card) this.edited = null;
    this.scheduler.remove(card.seen);
    card.remove();
  }

  /** Whatever the layout says of a card that stays as it is. */
  #fit(/** @type {ChartCard} */ card, /** @type {Panel} */ panel) {
    card.star.setAttribute("aria-pressed", String(panel.pinned));
    const [before, after] = [-1, 1].map((way) => this.panels[this.panels.indexOf(panel) + way]);
    const isKin = (/** @type {Panel|undefined} */ other) => other !== undefined && other.unit === panel.unit && other.pinned === panel.pinned;
    card.element.classList.toggle("is-next", isKin(before));
    card.element.classList.toggle("is-followed", isKin(after));
    const limits = { left: this.layout.axes[panel.key], right: this.layout.axes[`${panel.key}|right`] };
    const key = JSON.stringify(limits);
    if (card.element.dataset.limits !== key) card.chart?.limit(limits);
    card.element.dataset.limits = key;
  }

  /** @param {string} search words of the names that are shown */
  filter(search) {
    this.search = search;
    this.show();
  }

  /** As if nothing had been chosen. */
  plain() {
    this.arrange(plain());
  }

  /** @param {number} id of a series @param {[number, number|string]|undefined} point the newest there is */
  setLatest(id, point) {
    if (point) this.latest.set(id, point);
    else this.latest.delete(id);
    for (const card of this.cards) for (const head of card.all) if (head.series.id === id) head.setLatest(point);
  }

  /** Every second. @param {Map<number, import("../presence/presence.js").State>} troubled by series */
  tick(troubled) {
    const now = serverNow();
    for (const card of this.cards) {
      card.tick();
      for (const head of card.all) head.setTrouble(troubled.get(head.series.id), now);
    }
    this.tools.tick();
  }

  /** Start all afresh: another window, another axis. */
  reset() {
    this.told.clear();
    for (const card of this.cards) card.again("reset");
  }

  restyle() {
    this.axis.restyle();
    for (const card of this.cards) card.again("restyle");
  }

  /** Paper shows what is out of sight as well, in a size of its own, each chart with its times: they may be on the next sheet. */
  toPaper() {
    this.restyle();
    for (const card of this.cards) card.resize(true, PAPER);
  }

  fromPaper() {
    this.restyle();
    for (const card of this.cards) card.resize(false, null);
  }

  /**
   * Lines on a metric's chart that are dragged; none take them away.
   * @param {string} metric @param {import("./limit-handles.js").Limit[]} limits @param {(field: string, value: number, isDone: boolean) => void} [moved]
   */
  edit(metric, limits, moved = () => {}) {
    const card = this.cards.find(({ series }) => series.some((one) => one.metric === metric));
    if (this.edited && (this.edited.card !== card || this.edited.series.metric !== metric || !limits.length)) {
      this.edited.handles.element.remove();
      this.edited = null;
    }
    if (!card?.plot || !limits.length) return;
    if (!this.edited) {
      const layer = el("div", { class: "handles" });
      card.plot.append(layer);
      card.element.scrollIntoView({ block: "nearest" });
      this.edited = { card, series: card.series.find((one) => one.metric === metric), limits, handles: new LimitHandles(layer, (field, value, isDone) => this.#move(field, value, isDone)) };
    }
    this.moved = moved;
    this.edited.limits = limits;
    card.chart?.reset();
    this.#draw(card);
  }

  /** A line is moved: whoever asked is told, and may have moved a limit of the device, which is drawn as well. */
  #move(/** @type {string} */ field, /** @type {number} */ value, /** @type {boolean} */ isDone) {
    if (!this.edited) return;
    const { card } = this.edited;
    this.edited.limits = this.edited.limits.map((limit) => (limit.field === field ? { ...limit, value } : limit));
    this.moved(field, value, isDone);
    card.chart?.changed();
    this.#draw(card);
  }

  /** What is drawn of each series, for the browser tests. */
  drawn() {
    const cards = new Map(this.cards.flatMap((card) => [...card.series, ...card.lanes.map(({ series }) => series)].map((one) => [one.id, card])));
    return this.series.filter(({ id }) => cards.has(id)).map((one) => {
      const card = /** @type {ChartCard} */ (cards.get(one.id));
      const lane = card.lanes.find(({ series }) => series.id === one.id);
      return {
        id: one.id, metric: one.metric, unit: one.unit, thresholds: thresholdsOf(this.device, one.metric), chart: card.key,
        alerts: this.alerts.of(one.metric).map((/** @type {any} */ { id, started, cleared }) => [id, started, cleared]),
        points: isState(one) ? [] : card.chart?.shown(one.id).map((row) => [row[0], row[1]]) ?? [],
        states: lane?.strip.shown().map(({ from, to, word }) => [from, to, word]) ?? [],
      };
    });
  }
}

/** Each with a colour: its own, or the next that no line beside it has; one from another time has that of the series it is of.
 * @param {any[]} series of one card */
function coloured(series) {
  const taken = new Set();
  return series.map((one) => {
    let place = one.own;
    if (!isState(one) && !one.shifted) {
      for (let i = 0; i < PALETTE && taken.has(place); i += 1) place = (one.own + i) % PALETTE;
      taken.add(place);
    }
    return Object.assign(one, { colourName: `--series-${place + 1}` });
  });
}
