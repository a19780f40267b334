/** Limits as lines on a chart that are moved with a mouse, a finger or the arrow keys. */

import { el, setText } from "../page/element.js";
import { number } from "../page/format.js";
import { rounded, stepOf } from "./limit-steps.js";

const KEYS = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }); // steps

/** @typedef {{field: string, value: number, label: string}} Limit `field`: which it is for who asked @typedef {{id?: number, unit: string, precision: number|null}} Written */

export class LimitHandles {
  /** @param {HTMLElement} element over the chart's canvas @param {(field: string, value: number, isDone: boolean) => void} moved told while one is moved, and when it is let go */
  constructor(element, moved) {
    this.element = element;
    this.moved = moved;
    /** @type {import("./live-chart.js").LiveChart|null} */ this.chart = null;
    /** @type {Limit[]} */ this.limits = [];
    /** @type {Written} */ this.series = { unit: "", precision: null };
  }

  /** These and no others, where they stand now. @param {import("./live-chart.js").LiveChart|null} chart @param {Limit[]} limits @param {Written} series */
  show(chart, limits, series) {
    this.chart = chart;
    this.limits = limits;
    this.series = series;
    const kept = new Map([...this.element.children].map((handle) => [/** @type {HTMLElement} */ (handle).dataset.field, /** @type {HTMLElement} */ (handle)]));
    const shown = chart ? limits.map((limit) => this.#placed(kept.get(limit.field) ?? this.#handle(limit.field), limit)) : [];
    for (const handle of kept.values()) if (!shown.includes(handle)) handle.remove();
    for (const handle of shown) if (!handle.isConnected) this.element.append(handle);
  }

  get #axis() {
    return this.chart?.rangeOf(this.series.id) ?? { min: 0, max: 1 };
  }

  #placed(/** @type {HTMLElement} */ handle, /** @type {Limit} */ limit) {
    const chart = /** @type {import("./live-chart.js").LiveChart} */ (this.chart);
    const { left, right, top, bottom } = chart.area;
    const pixel = chart.pixelOf(limit.value, this.series.id);
    const y = Math.min(bottom, Math.max(top, pixel));
    Object.assign(handle.style, { left: `${left}px`, width: `${right - left}px`, top: `${y}px` });
    handle.classList.toggle("is-clear", limit.field === "clear");
    handle.classList.toggle("is-beyond", y !== pixel);
    const unit = this.series.unit ? `\u2009${this.series.unit}` : "";
    const text = `${number(limit.value)}${unit}`;
    const { min, max } = this.#axis;
    handle.setAttribute("aria-label", limit.label);
    handle.setAttribute("aria-valuemin", String(Math.min(min, limit.value)));
    handle.setAttribute("aria-valuemax", String(Math.max(max, limit.value)));
    handle.setAttribute("aria-valuenow", String(limit.value));
    handle.setAttribute("aria-valuetext", text);
    setText(handle.firstElementChild, `${pixel < top ? "↑ " : pixel > bottom ? "↓ " : ""}${limit.label} ${text}`);
    return handle;
  }

  #handle(/** @type {string} */ field) {
    const handle = el("div", { class: "handle", data: { field }, attrs: { role: "slider", tabindex: "0", "aria-orientation": "vertical" } }, el("b"));
    let held = false;
    const at = (/** @type {PointerEvent} */ event) => {
      const { min, max } = this.#axis;
      return rounded(this.chart?.valueAt(event.clientY - this.element.getBoundingClientRect().top, this.series.id) ?? 0, max - min, this.series.precision);
    };
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = true;
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      event.stopPropagation(); // the chart below selects a part of time
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => held && this.moved(field, at(event), false));
    handle.addEventListener("pointerup", (event) => {
      if (held) this.moved(field, at(event), true);
      held = false;
    });
    handle.addEventListener("pointercancel", () => (held = false));
    handle.addEventListener("keydown", (event) => this.#key(event, field));
    return handle;
  }

  #key(/** @type {KeyboardEvent} */ event, /** @type {string} */ field) {
    const steps = KEYS[event.key];
    const limit = this.limits.find((one) => one.field === field);
    if (!steps || !limit) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own arrow keys move the window
    const { min, max } = this.#axis;
    this.moved(field, rounded(limit.value + steps * stepOf(max - min, this.series.precision), max - min, this.series.precision), true);
  }
}
