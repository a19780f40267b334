/** Above the charts: what narrows them, what is hidden and how it comes back, and what can be done with the kept selection. */

import { t } from "../page/language.js";
import { byId, el, setText } from "../page/element.js";
import { duration } from "../page/format.js";
import { nameOf } from "./series-head.js";
import { offered, placeOf } from "./mark-here.js";
import { when } from "../time/moment.js";
import { written } from "./layout-text.js";

const FEW = 4; // charts that need no filter

export class ChartTools {
  /** @param {import("./chart-cards.js").ChartCards} charts */
  constructor(charts) {
    this.charts = charts;
    this.selectionKey = "";
    byId("chart-search").addEventListener("input", () => charts.filter(byId("chart-search").value));
    byId("chart-search").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      byId("chart-search").value = "";
      charts.filter("");
    });
    byId("chart-plain").addEventListener("click", () => charts.plain());
  }

  /** What there is to choose from has changed. */
  show() {
    const { series, search, layout, cards } = this.charts;
    byId("chart-filter").hidden = series.length <= FEW && search === "";
    const hidden = series.filter(({ metric }) => layout.hidden.includes(metric));
    byId("chart-hidden").hidden = hidden.length === 0;
    setText(byId("chart-hidden-count"), t("{n} hidden", { n: hidden.length }));
    const back = (/** @type {string[]} */ metrics) => () => {
      byId("chart-hidden").removeAttribute("open");
      this.charts.arrange({ ...layout, hidden: layout.hidden.filter((metric) => !metrics.includes(metric)) });
    };
    const item = (/** @type {string} */ text, /** @type {string[]} */ metrics) => el("button", { class: "item", text, attrs: { type: "button" }, on: { click: back(metrics) } });
    byId("chart-hidden-list").replaceChildren(...hidden.map((one) => item(t("Show {name}", { name: nameOf(one) }), [one.metric])),
      ...(hidden.length > 1 ? [el("hr"), item(t("Show all"), hidden.map(({ metric }) => metric))] : []));
    byId("chart-plain").hidden = written(layout) === "";
    byId("chart-none").hidden = cards.length > 0 || series.length === 0;
    setText(byId("chart-none"), search ? t("No series is called “{search}”.", { search }) : t("Every chart is hidden."));
    this.showSelection();
  }

  /** What is written once for all charts. */
  tick() {
    const { resolution } = this.charts;
    setText(byId("chart-resolution"), resolution === null ? "" : t("{length}, min–max", { length: duration(resolution) }));
    this.showSelection();
  }

  /** The kept selection or the instant that was clicked, with what can be done with it. */
  showSelection() {
    const { timeLine } = this.charts;
    const { selection, picked } = timeLine;
    const bar = byId("chart-selection");
    const part = selection ?? (picked === null ? null : { from: picked, to: picked });
    const key = part ? `${part.from}|${part.to}|${offered().map(({ words }) => words).join()}` : "";
    if (key === this.selectionKey) return;
    this.selectionKey = key;
    bar.hidden = !part;
    if (!part) return;
    const { from, to } = part;
    const button = (/** @type {string} */ text, /** @type {() => void} */ act) => el("button", { class: "button", text, attrs: { type: "button" }, on: { click: act } });
    bar.replaceChildren(...(from === to ? [el("span", { text: when(from, timeLine.now()) })] : [
      el("span", { text: `${when(from, timeLine.now())} – ${when(to, timeLine.now())}` }), el("span", { class: "quiet", text: duration(to - from) }),
      button(t("Zoom"), () => {
        timeLine.keep(null);
        timeLine.select(from, to);
      })]),
      ...offered().filter(({ ofPart }) => !ofPart || from !== to).map(({ words, act }) => button(words, () => act(placeOf(timeLine)))), button(t("Let go"), () => timeLine.keep(null)));
  }
}
