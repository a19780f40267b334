/** What a viewer does with the charts of a page: pin, move, lay over each other, take apart, hide, look at one alone, set an axis, mark a time. */

import { t } from "../page/language.js";
import { addToLast, exploreWith } from "../explore/last-view.js";
import { AxisDialog } from "./axis-dialog.js";
import { ChoiceDialog } from "./choice-dialog.js";
import { fitTogether, joined, moved, toggled } from "./layout.js";
import { FullScreen } from "./full-screen.js";
import { nameOf } from "./series-head.js";
import { offered, placeOf } from "./mark-here.js";
import { toast } from "../page/element.js";
import { toQuery } from "../time/timespan.js";
import { typing } from "../frame/frame.js";
import { wireDragging } from "./card-dragging.js";

/** @typedef {import("./chart-card.js").ChartCard} ChartCard @typedef {import("./chart-menu.js").Entry} Entry */

export class CardActs {
  /** @param {import("./chart-cards.js").ChartCards} charts */
  constructor(charts) {
    this.charts = charts;
    this.full = new FullScreen(charts);
    this.axes = new AxisDialog();
    this.choice = new ChoiceDialog();
    /** the card under the pointer @type {ChartCard|null} */ this.pointed = null;
    document.addEventListener("keydown", (event) => {
      if (typing(event)) return;
      if (event.key === "f" && this.#chosen) this.full.toggle(this.#chosen);
      if (event.key === "c" && this.#chosen) this.#explored(this.#chosen).at(-1)?.act();
      if (event.key === "e") {
        event.preventDefault(); // the field that opens would be written into
        offered()[0]?.act(placeOf(charts.timeLine));
      }
    });
  }

  /** What a key is for: the chart that has the focus or the pointer, otherwise the first in sight. @returns {ChartCard|null} */
  get #chosen() {
    const { cards } = this.charts;
    const inSight = (/** @type {ChartCard} */ { element }) => element.getBoundingClientRect().bottom > 0;
    const focused = cards.find(({ element }) => element.contains(document.activeElement));
    return focused ?? (this.pointed && cards.includes(this.pointed) ? this.pointed : null) ?? cards.find(inSight) ?? null;
  }

  /** @param {ChartCard} card */
  wire(card) {
    card.element.addEventListener("pointerenter", () => (this.pointed = card));
    if (card.chart) wireDragging(card, this);
  }

  /** @param {ChartCard} card */
  panelOf(card) {
    return this.charts.panels[this.charts.cards.indexOf(card)];
  }

  /** @param {ChartCard} card @returns {Entry[]} */
  ofCard(card) {
    const { charts } = this;
    const panel = this.panelOf(card);
    const at = charts.cards.indexOf(card);
    const last = charts.cards.length - 1;
    return [
      null,
      { words: this.full.card === card ? t("Leave full screen") : t("Full screen"), key: "f", act: () => this.full.toggle(card) },
      { words: t("Value axis…"), act: () => this.#setAxis(card) },
      ...(this.#others(card).length ? [{ words: t("Draw over another chart…"), act: () => this.#chooseJoin(card) }] : []),
      ...(panel.lines.length > 1 ? [{ words: t("One chart for each"), act: () => charts.part(panel) }] : []),
      null,
      { words: panel.pinned ? t("No longer on top") : t("Pin on top"), act: () => this.pin(card) },
      ...(at > 0 ? [{ words: t("Move up"), act: () => this.move(card, charts.panels[at - 1].key) }] : []),
      ...(at < last ? [{ words: t("Move down"), act: () => this.move(card, charts.panels[at + 2]?.key ?? null) }] : []),
      { words: t("Hide"), act: () => this.hide(panel.lines.map(({ metric }) => metric)) },
      ...this.#explored(card),
      ...this.#marks(card.series.length === 1 ? card.series[0].id : null),
    ];
  }

  /** @param {import("./lane.js").Lane} lane @returns {Entry[]} */
  ofLane(lane) {
    const { charts } = this;
    const charted = charts.panels.filter(({ key }) => key !== "");
    const under = () => this.choice.ask(t("{name} stands under", { name: nameOf(lane.series) }), charted.map((panel) => ({ words: panel.lines.map(nameOf).join(", "), act: () => {
      const chosen = Object.assign(Object.create(null), charts.layout.under, { [lane.series.metric]: panel.key });
      charts.arrange({ ...charts.layout, under: chosen });
    } })));
    return [...(charted.length > 1 ? [{ words: t("Under another chart…"), act: under }] : []), { words: t("Hide"), act: () => this.hide([lane.series.metric]) }, ...this.#marks(lane.series.id)];
  }

  /** Its series beside those of other devices; on the explore page they are there. @param {ChartCard} card @returns {Entry[]} */
  #explored({ series }) {
    const { uid } = this.charts.device;
    if (!series.length || series[0].of) return [];
    const names = series.map(({ metric }) => `${uid}.${metric}`);
    return [null, { words: t("Open in Explore"), act: () => location.assign(exploreWith(names, toQuery(this.charts.timeLine.span))) },
      { words: t("Add to compare"), key: "c", act: () => this.#compare(names) }];
  }

  #compare(/** @type {string[]} */ names) {
    const path = addToLast(names);
    toast(t("Added to the page Explore."), { act: t("Open"), run: () => location.assign(path) });
  }

  /** @param {number|null} series @returns {Entry[]} */
  #marks(series) {
    const found = offered().map(({ words, act }) => ({ words, act: () => act(placeOf(this.charts.timeLine, series)) }));
    return found.length ? [null, ...found] : [];
  }

  /** @param {ChartCard} card */
  pin(card) {
    const { charts } = this;
    charts.arrange({ ...charts.layout, pinned: toggled(charts.layout.pinned, card.key) });
  }

  /** @param {ChartCard} card @param {string|null} before the key of the chart it stands before then */
  move(card, before) {
    this.charts.arrange(moved(this.charts.layout, this.charts.panels, card.key, before));
  }

  /** @param {string[]} metrics */
  hide(metrics) {
    const { layout } = this.charts;
    this.full.leave();
    this.charts.arrange({ ...layout, hidden: [...layout.hidden, ...metrics] });
  }

  /** Whether one's lines can be drawn on the other's chart. @param {ChartCard} card @param {ChartCard} onto */
  joins(card, onto) {
    return card !== onto && card.series.length > 0 && onto.series.length > 0 && fitTogether([...onto.series, ...card.series]);
  }

  /** @param {ChartCard} card @param {ChartCard} onto */
  join(card, onto) {
    this.charts.arrange(joined(this.charts.layout, this.panelOf(onto), this.panelOf(card)));
  }

  /** @param {ChartCard} card */
  #others(card) {
    return this.charts.cards.filter((onto) => this.joins(card, onto));
  }

  /** @param {ChartCard} card */
  #chooseJoin(card) {
    this.choice.ask(t("Draw {name} over", { name: card.name }), this.#others(card).map((onto) => ({ words: onto.name, act: () => this.join(card, onto) })));
  }

  /** @param {ChartCard} card */
  #setAxis(card) {
    const { charts } = this;
    this.axes.ask(card, charts.layout.axes, (axes) => charts.arrange({ ...charts.layout, axes }));
  }
}
