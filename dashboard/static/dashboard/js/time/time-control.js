/** The one control of a window of time: presets, a field that reads what people write, a window on and back, and the zone. */

import { el, setText } from "../page/element.js";
import { t, tx } from "../page/language.js";
import { clock, day, hourAndMinute, moment } from "./moment.js";
import { offerTimes } from "../palette/offers.js";
import { PRESETS } from "./timespan.js";
import { readTime } from "./time-text.js";
import { zoneField } from "./zone-choice.js";

const FINE = 15 * 60_000; // ms of a window in which seconds count
const LEAST = 4; // letters of a time without a digit, in the palette
const HOW = t("Write a time: yesterday 14:00 to 16:00, last 36 h, two timestamps");

/** A time line, or whatever else has a window.
 * @typedef {{span: import("./timespan.js").Span, live: boolean, now: () => number, bounds: () => {from: number, to: number}, preset: (name: string) => void,
 *   select: (from: number, to: number) => void, pan: (share: number) => void, point?: (at: number, pointer: {series: number, touch: boolean}) => void}} Windowed */

/** The window in words. @param {Windowed} timeLine */
function rangeText(timeLine) {
  const { from, to } = timeLine.bounds();
  const preset = timeLine.live ? PRESETS.find(({ name }) => name === timeLine.span.preset) : null;
  if (preset) return t("Last {span}", { span: preset.label });
  if (timeLine.live) return t("All times");
  const write = to - from < FINE ? clock : hourAndMinute;
  const now = timeLine.now();
  const first = day(from) === day(now) && day(to) === day(now) ? "" : `${day(from)} `;
  return `${first}${write(from)} – ${day(from) === day(to) ? "" : `${day(to)} `}${write(to)}`;
}

/** Go where a text says. @param {Windowed} timeLine @param {string} text @returns {boolean} whether it is a time */
function goTo(timeLine, text) {
  const now = timeLine.now();
  const wanted = readTime(text, now);
  if (!wanted) return false;
  if ("at" in wanted) {
    const { from, to } = timeLine.bounds();
    timeLine.select(wanted.at - (to - from) / 2, wanted.at + (to - from) / 2);
    timeLine.point?.(wanted.at, { series: 0, touch: false });
    return true;
  }
  const preset = wanted.last ? PRESETS.find(({ ms }) => ms === wanted.to - wanted.from) : null;
  if (preset) timeLine.preset(preset.name);
  else timeLine.select(wanted.from, wanted.to);
  return true;
}

/** What the palette offers of a text that is a time. @param {Windowed} timeLine @param {string} text @returns {import("../palette/offers.js").Offer[]} */
function timesOf(timeLine, text) {
  // "so" and "mon" are days in the field, but in the palette the beginning of a name.
  if (text.trim().length < LEAST && !/\d/.test(text)) return [];
  const wanted = readTime(text, timeLine.now());
  if (!wanted) return [];
  const name = "at" in wanted ? moment(wanted.at) : `${moment(wanted.from)} – ${moment(wanted.to)}`;
  return [{ name: t("Show {time}", { time: name }), icon: "i-search", run: () => goTo(timeLine, text) }];
}

export class TimeControl {
  /** @param {HTMLElement} area filled by it @param {Windowed} timeLine @param {{site: string, zoned: () => void, all?: boolean}} o `site`: its zone, or empty;
   * `zoned` draws anew what shows times; `all`: a preset "" shows all there is */
  constructor(area, timeLine, { site, zoned, all = false }) {
    this.timeLine = timeLine;
    const whole = all ? [el("button", { text: tx("times", "All"), data: { name: "" }, attrs: { type: "button" }, on: { click: () => timeLine.preset("") } })] : [];
    this.presets = el("div", { class: "segments presets", attrs: { role: "group", "aria-label": t("Time window") } }, ...whole, ...PRESETS.map(({ name, label }, i) => el("button", {
      text: label, data: { name }, attrs: { type: "button", title: t("Key {key}", { key: String((i + 1) % 10) }) }, on: { click: () => timeLine.preset(name) },
    })));
    this.field = /** @type {HTMLInputElement} */ (el("input", { class: "field time-field", attrs: {
      type: "text", autocomplete: "off", spellcheck: "false", "aria-label": t("Time"), "aria-describedby": "time-hint", title: HOW,
    } }));
    this.hint = el("span", { class: "time-hint", attrs: { id: "time-hint", role: "status" } });
    const step = (/** @type {1|-1} */ way) => el("button", { class: "button bare square", text: way < 0 ? "‹" : "›", attrs: {
      type: "button", "aria-label": way < 0 ? t("One window back") : t("One window on"),
    }, on: { click: () => timeLine.pan(way) } });
    this.back = step(-1);
    this.on = /** @type {HTMLButtonElement} */ (step(1));
    area.append(this.presets, el("span", { class: "time-step" }, this.back, this.field, this.on), this.hint, zoneField(site, () => {
      zoned();
      this.show();
    }));
    offerTimes((text) => timesOf(timeLine, text));
    this.#wire();
    this.show();
  }

  #wire() {
    const { field } = this;
    field.addEventListener("focus", () => field.select());
    field.addEventListener("blur", () => this.#done());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        field.value = rangeText(this.timeLine);
        field.blur();
      } else if (event.key === "Enter") {
        if (field.value === rangeText(this.timeLine) || goTo(this.timeLine, field.value)) field.blur();
        else this.#refuse();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #refuse() {
    this.field.setAttribute("aria-invalid", "true");
    setText(this.hint, t("Not a time. Try “yesterday 14:00 to 16:00” or “last 36 h”."));
  }

  #done() {
    this.field.removeAttribute("aria-invalid");
    setText(this.hint, "");
    this.show();
  }

  /** What the window is now; what is being written stays. */
  show() {
    const { span, live } = this.timeLine;
    for (const button of /** @type {Iterable<HTMLElement>} */ (this.presets.children)) button.setAttribute("aria-pressed", String(live && button.dataset.name === span.preset));
    this.on.disabled = live;
    const text = rangeText(this.timeLine);
    if (document.activeElement === this.field || this.field.value === text) return;
    const { from, to } = this.timeLine.bounds();
    this.field.value = text;
    this.field.title = live ? HOW : `${moment(from)} – ${moment(to)}\n${HOW}`;
  }
}
