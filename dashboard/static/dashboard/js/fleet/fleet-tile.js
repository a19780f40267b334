/** One tile or row of the fleet. It is filled when it comes near the window: two thousand cost little until then. */

import { age, bare, humanise } from "../page/format.js";
import { barOf } from "./card.js";
import { drawSparkline, picture, sparkline } from "../charts/sparkline.js";
import { el, icon, setMark, setText, setValue, stateMark } from "../page/element.js";
import { SPARK_WINDOW } from "./fleet-device.js";
import { t, worded } from "../page/language.js";

const BAR = { width: 100, height: 6 }; // units of its picture
const NEAR = 2; // heights of the line a limit may be off and still be drawn with it

/** @typedef {import("./fleet-device.js").FleetDevice} FleetDevice */

export class FleetTile {
  /** @param {FleetDevice} device */
  constructor(device) {
    this.device = device;
    this.name = el("span", { class: "name" });
    this.link = el("a", { class: "tile" }, this.name);
    this.element = el("div", { class: "device", data: { uid: device.uid } }, this.link);
    /** what is filled in once it is near @type {ReturnType<FleetTile["parts"]>|null} */ this.filled = null;
    this.title();
  }

  parts() {
    return {
      mark: stateMark("waiting"), age: el("span", { class: "age" }), where: el("span", { class: "where clip" }), said: el("span", { class: "said clip" }),
      metric: el("span", { class: "metric clip" }), value: el("span", { class: "value" }), spark: sparkline(), bar: bar(), others: el("span", { class: "others" }),
    };
  }

  /** What it is and leads to. */
  title() {
    const { device } = this;
    this.link.setAttribute("href", `/devices/${encodeURIComponent(device.uid)}/`);
    setText(this.name, device.name);
    this.element.title = [`${device.name} (${device.uid})`, device.alert ? worded(device.alert.said, device.alert.sentence) : ""].filter(Boolean).join("\n");
  }

  #fill() {
    const parts = this.parts();
    this.filled = parts;
    this.link.replaceChildren(parts.mark, this.name, parts.where, parts.said, parts.value, parts.metric, parts.spark, parts.bar, parts.others, parts.age);
    this.element.append(el("button", {
      class: "button bare square card-menu", attrs: { "aria-label": t("What cards of this kind show"), title: t("What cards of this kind show"), tabindex: "-1" },
    }, icon("i-more")));
    return parts;
  }

  /** Far from the window it is its name alone. */
  empty() {
    if (!this.filled || this.element.contains(document.activeElement)) return;
    this.filled = null;
    this.link.replaceChildren(this.name);
    this.element.querySelector(".card-menu")?.remove();
  }

  /** All of it. @param {number} now @param {number} known the time up to which the page knows what happened */
  paint(now, known) {
    const { device } = this;
    const parts = this.filled ?? this.#fill();
    this.title();
    this.#others(parts.others);
    const { main, word } = device.card;
    setText(parts.where, device.alert ? worded(device.alert.said, device.alert.sentence) : ([device.site?.name, device.kind].filter(Boolean).join(" · ") || device.uid));
    setText(parts.metric, main ? main.label || humanise(main.metric) : "");
    const spoken = word && device.latest.get(word.id);
    // "On" says nothing without what it is of.
    setText(parts.said, spoken ? [word.kind === "boolean" ? humanise(word.metric) : "", bare(spoken[1], word)].filter(Boolean).join(" ") : "");
    parts.said.title = word ? humanise(word.metric) : "";
    this.#bar(parts.bar);
    this.show(now);
    drawSparkline(parts.spark, {
      rows: device.points.rows, from: known - SPARK_WINDOW, to: known, limit: this.#limit(),
      gapAfter: Math.max(device.points.gapAfter(device.facts.expected_interval), SPARK_WINDOW / 20),
    });
  }

  #others(/** @type {HTMLElement} */ area) {
    const { others } = this.device.card;
    const key = others.map((one) => one.id).join();
    if (area.dataset.key === key) return;
    area.dataset.key = key;
    area.replaceChildren(...others.map((one) => el("span", { class: "other" },
      el("span", { class: "key clip", text: humanise(one.metric) }), el("span", { class: "value small-value" }))));
  }

  /** The state and the numbers. @param {number} now */
  show(now) {
    const { device, filled: parts } = this;
    if (this.element.dataset.state !== device.state) this.element.dataset.state = device.state;
    this.element.dataset.severity = device.alert?.severity ?? "";
    this.element.classList.toggle("is-stale", device.connection === "offline" || device.connection === "silent");
    if (!parts) return;
    const { main, others } = device.card;
    const write = (/** @type {Element|null|undefined} */ node, /** @type {any} */ series) => {
      const latest = series && device.latest.get(series.id);
      if (node) setValue(node, latest ? bare(latest[1], series) : "–", latest && typeof latest[1] === "number" ? series.unit : "");
    };
    write(parts.value, main);
    others.forEach((series, index) => write(parts.others.children[index]?.lastElementChild, series));
    setMark(parts.mark, device.state === "alert" && device.alert ? device.alert.severity : device.unknown ? "waiting" : device.state, device.word);
    const latest = main && device.latest.get(main.id);
    // A clock that is ahead makes nothing younger than what was heard.
    const at = latest ? Math.min(latest[0], device.heard ?? latest[0]) : device.heard;
    setText(parts.age, at ? age(Math.max(0, now - at)) : t("never"));
  }

  /** The line's limit: where it would not flatten the line. */
  #limit() {
    const { device } = this;
    const { main } = device.card;
    if (!main) return null;
    const values = device.points.rows.flatMap((row) => (typeof row[1] === "number" ? [row[1]] : []));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const reach = (high - low) * NEAR;
    const line = device.exceeded.get(main.id)?.line ?? device.linesOf(main).find(({ value }) => value >= low - reach && value <= high + reach);
    return line?.value ?? null;
  }

  #bar(/** @type {SVGElement} */ svg) {
    const { device } = this;
    const series = device.card.bar;
    const value = series && device.latest.get(series.id)?.[1];
    svg.toggleAttribute("hidden", typeof value !== "number");
    if (typeof value !== "number") return;
    const { at, limits } = barOf(value, device.linesOf(series));
    const [past, lines, dot] = svg.querySelectorAll("path");
    const x = (/** @type {number} */ share) => (share * BAR.width).toFixed(1);
    past.setAttribute("d", limits.map(({ at: limit, op }) => (op === null ? "" : `M${x(limit)} 3H${op === "above" ? BAR.width : 0}`)).join(""));
    lines.setAttribute("d", limits.map(({ at: limit }) => `M${x(limit)} 0V${BAR.height}`).join(""));
    dot.setAttribute("d", `M${x(at)} 3h0`);
    svg.classList.toggle("is-beyond", device.exceeded.has(series.id));
  }
}

/** A value among its limits: what is beyond one, the limits, and where the value is. */
const bar = () => picture("limit-bar", BAR.width, BAR.height, ["past", "lines", "at"]);
