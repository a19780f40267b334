/** The whole history of a device under its charts: its states, its gaps, the marks, and the window as a part that is moved or made wider. */

import { el } from "../page/element.js";
import { t } from "../page/language.js";
import { StatusLane } from "./status-lane.js";

const EDGE = 8; // px beside an edge of the window that take hold of it
const KEY_STEP = 0.5; // of the window, an arrow key moves it by
const SVG = "http://www.w3.org/2000/svg";
const TOP = 100; // units of the picture of readings

export class Overview {
  /** @param {HTMLElement} area @param {import("./marks.js").Marks} marks @param {import("./time-line.js").TimeLine} timeLine */
  constructor(area, marks, timeLine) {
    this.area = area;
    this.timeLine = timeLine;
    this.from = timeLine.now();
    /** being dragged: from where, and which part of the window @type {{at: number, part: "from"|"to"|"both", window: {from: number, to: number}}|null} */ this.hold = null;
    this.picture = document.createElementNS(SVG, "svg");
    this.picture.setAttribute("preserveAspectRatio", "none");
    this.picture.setAttribute("aria-hidden", "true");
    this.picture.setAttribute("class", "overview-readings");
    area.append(this.picture);
    this.lane = new StatusLane(area, marks, { bounds: () => this.bounds(), now: () => timeLine.now() });
    this.brush = el("div", { class: "brush", attrs: { role: "slider", tabindex: "0", "aria-label": t("Window in the whole history") } });
    area.append(this.brush);
    this.#wire();
  }

  bounds() {
    const now = this.timeLine.now();
    const shown = this.timeLine.bounds();
    return { from: Math.min(this.from, shown.from), to: Math.max(now, shown.to) };
  }

  /** @param {number} from ms, the begin of all @param {import("./status-lane.js").Stretch[]} stretches
   * @param {{bucket_ms: number|null, points: number[][]}|null} readings of one series: where it has none is a gap */
  take(from, stretches, readings) {
    this.from = from;
    this.lane.take(stretches);
    this.#draw(readings);
    this.draw();
  }

  #draw(/** @type {{bucket_ms: number|null, points: number[][]}|null} */ readings) {
    const { from, to } = this.bounds();
    this.picture.setAttribute("viewBox", `0 0 ${(to - from) / 1000} ${TOP}`);
    const points = readings?.points ?? [];
    const lows = points.map((point) => point[2] ?? point[1]);
    const highs = points.map((point) => point[3] ?? point[1]);
    const low = Math.min(...lows);
    const size = Math.max(...highs) - low || 1;
    const y = (/** @type {number} */ value) => TOP - ((value - low) / size) * TOP;
    const wide = (readings?.bucket_ms ?? 0) / 1000;
    this.picture.replaceChildren(...points.map((point, i) => {
      const bar = document.createElementNS(SVG, "rect");
      const place = { x: (point[0] - from) / 1000, width: wide, y: y(highs[i]), height: Math.max(1, y(lows[i]) - y(highs[i])) };
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, String(value));
      return bar;
    }));
  }

  /** Where the window is now. */
  draw() {
    this.lane.draw();
    const whole = this.bounds();
    const { from, to } = this.timeLine.bounds();
    const share = (/** @type {number} */ at) => Math.min(100, Math.max(0, ((at - whole.from) / (whole.to - whole.from)) * 100));
    this.brush.style.left = `${share(from)}%`;
    this.brush.style.right = `${100 - share(to)}%`;
    const middle = String(Math.round(share((from + to) / 2)));
    if (this.brush.getAttribute("aria-valuenow") !== middle) this.brush.setAttribute("aria-valuenow", middle);
  }

  #wire() {
    const { area, timeLine } = this;
    area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const at = this.lane.timeAt(event.clientX);
      const window = timeLine.bounds();
      const near = ((this.bounds().to - this.bounds().from) / Math.max(1, area.clientWidth)) * EDGE;
      const isNarrow = window.to - window.from < 3 * near;
      const part = isNarrow ? "both" : Math.abs(at - window.from) < near ? "from" : Math.abs(at - window.to) < near ? "to" : "both";
      const isInside = at >= window.from - near && at <= window.to + near;
      const half = (window.to - window.from) / 2;
      this.hold = { at, part, window: isInside ? window : { from: at - half, to: at + half } };
      if (!isInside) this.#move(at);
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    area.addEventListener("pointermove", (event) => this.#move(this.lane.timeAt(event.clientX)));
    for (const end of ["pointerup", "pointercancel"]) area.addEventListener(end, () => { this.hold = null; });
    this.brush.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      event.stopPropagation();
      timeLine.pan(event.key === "ArrowLeft" ? -KEY_STEP : KEY_STEP);
    });
  }

  #move(/** @type {number} */ at) {
    if (!this.hold) return;
    const { part, window } = this.hold;
    const by = at - this.hold.at;
    const from = part === "to" ? window.from : window.from + by;
    const to = part === "from" ? window.to : window.to + by;
    if (to - from > 0) this.timeLine.select(from, to);
  }
}
