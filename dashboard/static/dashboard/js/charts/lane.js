/** A boolean or a series of words as a narrow lane on the charts' time line, with its head, its legend and its table. */

import { t } from "../page/language.js";
import { el, setText } from "../page/element.js";
import { csv, stateRows } from "./table-text.js";
import { chartMenu } from "./chart-menu.js";
import { duration } from "../page/format.js";
import { EmptyNote } from "./empty-note.js";
import { fileName, offer, picture } from "./chart-file.js";
import { nameOf, SeriesHead } from "./series-head.js";
import { serverNow } from "../time/clock.js";
import { sourceOf } from "./chart-source.js";
import { StateStrip } from "./state-strip.js";
import { TableView } from "./table-view.js";
import { wireGestures } from "./chart-gestures.js";

const MAX_LEGEND = 12; // words named under a strip
const TIMES = 2; // columns of a state's table that are instants

export class Lane {
  /** @param {any} series @param {import("./chart-source.js").ChartPage} page @param {string} colourName @param {(lane: Lane) => import("./chart-menu.js").Entry[]} acts */
  constructor(series, page, colourName, acts) {
    this.series = series;
    this.page = page;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { attrs: { role: "img" } }));
    this.head = new SeriesHead(series, page, colourName);
    this.corner = el("span", { class: "corner" });
    this.note = new EmptyNote(page.timeLine);
    this.plot = el("div", { class: "plot is-lane" }, this.canvas, this.note.element);
    this.legend = el("ul", { class: "legend", attrs: { hidden: "" } });
    this.table = new TableView(() => this.#rows(), TIMES, String);
    this.strip = new StateStrip(this.canvas, sourceOf(series, page, colourName), page.timeLine, page.rooms, page.hasTimes);
    this.head.element.classList.add("is-lane");
    this.head.element.querySelector("header")?.append(this.corner, chartMenu(t("Menu of {name}", { name: nameOf(series) }), () => [
      { words: this.table.isShown ? t("Show lane") : t("Show table"), act: () => this.toggleTable() },
      { words: t("Download CSV"), act: () => this.#download("csv") }, { words: t("Download PNG"), act: () => this.#download("png") }, ...acts(this)]));
    this.element = el("div", { class: "lane" }, this.head.element, this.plot, this.legend, this.table.element);
    wireGestures(this.plot, series.id, this.strip, page.timeLine);
  }

  toggleTable() {
    this.table.toggle();
    this.tick();
  }

  #rows() {
    this.strip.draw();
    return stateRows(this.series, this.strip.shown());
  }

  async #download(/** @type {"csv"|"png"} */ kind) {
    this.strip.draw();
    const range = this.page.timeLine.bounds();
    const blob = kind === "png" ? await picture(this.canvas, { title: nameOf(this.series), device: this.page.device.name, ...range, legend: this.strip.legend })
      : new Blob([csv(this.#rows())], { type: "text/csv;charset=utf-8" });
    if (blob) offer(blob, fileName(this.page.device.uid, this.series.metric, range, kind));
  }

  /** What its table was filled for. */
  get #key() {
    const { timeLine } = this.page;
    const { from, to } = timeLine.bounds();
    return `${timeLine.points(this.series.id).version}|${timeLine.generation}|${timeLine.live ? to - from : from}`;
  }

  tick() {
    const { timeLine } = this.page;
    const points = timeLine.points(this.series.id);
    this.head.tick((time) => this.strip.at(time));
    const isSaid = points.bucket === null || points.bucket === this.page.resolution?.() || !points.rows.length;
    setText(this.corner, isSaid ? "" : duration(/** @type {number} */ (points.bucket)));
    const { latest } = this.head;
    const { from } = timeLine.bounds();
    this.note.show(!timeLine.loading && points.loaded !== null && this.strip.empty, points.before ?? (latest && latest[0] < from ? latest : null), serverNow());
    this.#showLegend();
    this.table.fill(this.#key);
    this.canvas.setAttribute("aria-label", t("{name}, latest {value}", { name: nameOf(this.series), value: this.head.value.textContent ?? "" }));
  }

  #showLegend() {
    const words = this.strip.legend;
    const key = JSON.stringify(words);
    if (key === this.legend.dataset.key) return;
    this.legend.dataset.key = key;
    this.legend.hidden = words.length === 0;
    this.legend.replaceChildren(...words.slice(0, MAX_LEGEND).map(({ word, colour }) => {
      const swatch = el("i", { class: "swatch" });
      swatch.style.background = colour;
      return el("li", {}, swatch, el("span", { class: "clip", text: word || t("(empty)"), attrs: { title: word } }));
    }), ...(words.length > MAX_LEGEND ? [el("li", { text: t("and {n} more", { n: words.length - MAX_LEGEND }) })] : []));
  }

  remove() {
    this.strip.destroy();
    this.element.remove();
  }
}
