/** One line of the pipeline's past, with what is normal behind it and the value under the pointer in its head. */

import { HEIGHT, shape } from "./past-shape.js";
import { el, setText } from "../page/element.js";
import { tickLabel, timeTicks } from "../time/time-ticks.js";
import { hourAndMinute } from "../time/moment.js";
import { t } from "../page/language.js";

const SVG = "http://www.w3.org/2000/svg";
const MINUTE = 60_000; // ms
const PX_A_TICK = 72; // at least
const ROOM = 24; // px between a tick and an edge, or half its label is cut

/** @typedef {{title: string, normal: (band: [number, number]|null) => string, write: (value: number) => string, least: number}} Words
 *   `normal`: what the band is, in words; `least`: the axis reaches so far at least */

export class PastChart {
  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    /** @type {import("./past-shape.js").Point[]} */ this.points = [];
    this.frame = { from: 0, to: 1, band: /** @type {[number, number]|null} */ (null), least: words.least };
    this.said = el("span", { class: "small quiet said" });
    this.top = el("span", { class: "top" });
    this.ticks = el("div", { class: "ticks" });
    this.cross = el("i", { class: "cross", attrs: { hidden: "" } });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    for (const name of ["band", "line"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      path.setAttribute("vector-effect", "non-scaling-stroke");
      this.svg.append(path);
    }
    this.plot = el("div", { class: "past-plot", on: { pointermove: (event) => this.#point(event), pointerleave: () => this.#leave(), pointerdown: (event) => this.#point(event) } },
      this.svg, this.cross, this.top, el("span", { class: "zero", text: "0" }));
    this.element = el("figure", { class: "past-chart" }, el("figcaption", {}, el("span", { text: words.title }), this.said), this.plot, this.ticks);
    new ResizeObserver(() => this.#axis()).observe(this.plot);
  }

  /** @param {import("./past-shape.js").Point[]} points @param {number} from @param {number} to @param {[number, number]|null} band */
  show(points, from, to, band) {
    this.points = points;
    this.frame = { from, to, band, least: this.words.least };
    const drawn = shape(points, this.frame);
    this.svg.setAttribute("viewBox", `0 0 ${(to - from) / MINUTE} ${HEIGHT}`);
    this.svg.children[0].setAttribute("d", drawn.band);
    this.svg.children[1].setAttribute("d", drawn.line);
    setText(this.top, this.words.write(drawn.top));
    this.#axis();
    if (this.cross.hidden) this.#leave();
  }

  #axis() {
    const { from, to } = this.frame;
    const width = this.plot.clientWidth;
    const { step, values } = timeTicks(from, to, Math.max(1, width / PX_A_TICK));
    const edge = (ROOM / Math.max(1, width)) * (to - from);
    this.ticks.replaceChildren(...values.filter((at) => at >= from + edge && at <= to - edge).map((at) => {
      const tick = el("span", { text: tickLabel(at, step) });
      tick.style.left = `${((at - from) / (to - from)) * 100}%`;
      return tick;
    }));
  }

  #point(/** @type {PointerEvent} */ event) {
    const { from, to } = this.frame;
    const box = this.plot.getBoundingClientRect();
    const at = Math.floor((from + ((event.clientX - box.left) / box.width) * (to - from)) / MINUTE) * MINUTE;
    const found = this.points.find((point) => point[0] === at);
    this.cross.hidden = false;
    this.cross.style.left = `${((at + MINUTE / 2 - from) / (to - from)) * 100}%`;
    setText(this.said, `${hourAndMinute(at)} · ${found ? this.words.write(found[1]) : t("not known")}`);
  }

  #leave() {
    this.cross.hidden = true;
    setText(this.said, this.words.normal(this.frame.band));
  }
}
