/** What stands beside a series' line or lane: its name, its value now or at the pointer, and what the window or the selection comes to. */

import { t } from "../page/language.js";
import { age, bare, humanise } from "../page/format.js";
import { el, setMark, setText, setValue, stateMark } from "../page/element.js";
import { isState } from "./layout.js";
import { serverNow } from "../time/clock.js";
import { statistics } from "./statistics.js";
import { when } from "../time/moment.js";
import { WORDS } from "../presence/presence.js";

const STALE_INTERVALS = 3; // expected intervals after which a value is dimmed
const LEAST_STALE = 10_000; // ms

/** As the page calls a series: the name people gave it, otherwise its metric's. @param {{metric: string, label?: string}} series */
export const nameOf = ({ metric, label }) => label || humanise(metric);

export class SeriesHead {
  /** @param {any} series @param {Pick<import("./chart-source.js").ChartPage, "device"|"timeLine"|"lastHeard">} page @param {string} colourName */
  constructor(series, { device, timeLine, lastHeard = () => null }, colourName) {
    this.series = series;
    this.device = series.of ?? device;
    this.timeLine = timeLine;
    this.lastHeard = lastHeard;
    this.isState = isState(series);
    this.colour = `var(${colourName})`;
    /** @type {[number, number|string]|null} */ this.latest = null;
    this.value = el("span", { class: "value" });
    this.ageText = el("span", { class: "age" });
    this.trouble = stateMark("silent", "");
    this.trouble.hidden = true;
    const name = el("h2", { class: "clip", text: nameOf(series), attrs: { title: series.metric } });
    const swatch = el("i", { class: "swatch" });
    swatch.style.background = this.colour;
    this.parts = [t("min"), t("mean"), t("max"), t("Δ")].map((word) => ({ dd: el("dd"), div: el("div", {}, el("dt", { text: word })) }));
    for (const { dd, div } of this.parts) div.append(dd);
    this.element = el("div", { class: `series-head${series.shifted ? " is-shifted" : ""}`, data: { metric: series.metric } }, el("header", {}, swatch, name, this.trouble),
      el("p", { class: "reading" }, this.value, this.ageText), ...(this.isState ? [] : [el("dl", { class: "stats" }, ...this.parts.map(({ div }) => div))]));
  }

  /** @param {[number, number|string]|undefined} point the newest there is */
  setLatest(point) {
    this.latest = point ?? null;
  }

  /** @param {import("../presence/presence.js").State|undefined} state late or silent, if it is @param {number} now */
  setTrouble(state, now) {
    this.trouble.hidden = !state;
    if (!state) return;
    const word = /** @type {any} */ (WORDS)[state.name];
    setMark(this.trouble, state.name, state.since === null ? word : t("{state} since {when}", { state: word, when: when(state.since, now) }));
  }

  /** The value at the cursor, or the latest with its age. @param {(time: number) => import("./live-chart.js").Reading|null} at */
  tick(at) {
    const now = serverNow();
    const { cursor } = this.timeLine;
    const reading = cursor === null ? null : at(cursor);
    const shown = cursor === null ? this.latest : reading && [reading.at, reading.value];
    const time = shown ? Number(shown[0]) : null;
    const hasUnit = typeof shown?.[1] === "number" && this.series.kind !== "boolean";
    setValue(this.value, shown ? bare(shown[1], this.series) : "–", hasUnit ? this.series.unit : "");
    setText(this.ageText, this.#age(time, now));
    const old = Math.max(STALE_INTERVALS * this.device.expected_interval * 1000, LEAST_STALE);
    this.value.classList.toggle("stale", cursor === null && time !== null && now - time > old);
  }

  #age(/** @type {number|null} */ time, /** @type {number} */ now) {
    const { cursor, loading } = this.timeLine;
    if (time === null) return cursor !== null ? t("no reading") : loading ? "" : t("never");
    // A clock that is ahead makes no reading younger than its device's last word.
    return cursor === null ? age(Math.max(0, now - Math.min(time, this.lastHeard() ?? time))) : this.isState ? t("since {when}", { when: when(time, now) }) : when(time, now);
  }

  /** @param {import("./points.js").Row[]} rows of the window or the selection @param {boolean} isRough whether buckets lie across its ends */
  sum(rows, isRough) {
    const found = statistics(rows);
    const written = (/** @type {number} */ value) => bare(value, this.series);
    const texts = found ? [written(found.low), written(found.mean), written(found.high), `${found.change > 0 ? "+" : ""}${written(found.change)}`] : [];
    this.parts.forEach(({ dd }, i) => setText(dd, texts.length ? `${isRough ? "≈" : ""}${texts[i]}` : "–"));
  }
}
