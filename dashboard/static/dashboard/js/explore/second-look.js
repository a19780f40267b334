/** A second look at what is drawn: how often which value was, or one series against another. */

import { duration, number, THIN, withUnit } from "../page/format.js";
import { byId, el, setText, shape } from "../page/element.js";
import { distribution, paired } from "./pairs.js";
import { t, tn } from "../page/language.js";
import { visible } from "./figures.js";

const WIDTH = 1000; // of the picture's own units, stretched to its place
const HEIGHT = 400;

export class SecondLook {
  /** @param {import("./explore-line.js").ExploreLine} timeLine @param {{changed: (part: Record<string, string>) => void}} acts */
  constructor(timeLine, acts) {
    this.timeLine = timeLine;
    this.key = "";
    for (const axis of ["x", "y"]) byId(`look-${axis}`).addEventListener("change", () => acts.changed({ [axis]: byId(`look-${axis}`).value }));
  }

  /** @param {any[]} series of numbers @param {import("./view-text.js").View} view */
  show(series, view) {
    byId("look-card").hidden = !view.look || !series.length;
    if (byId("look-card").hidden) return;
    const all = series.map(({ id }) => visible(this.timeLine, id));
    const key = JSON.stringify([view.look, view.x, view.y, series.map(({ id, colourName, label }) => [id, colourName, label]), all.map((rows) => [rows.length, rows[0]?.[0], ...(rows[rows.length - 1] ?? [])])]);
    if (key === this.key) return;
    this.key = key;
    byId("look-axes").hidden = view.look !== "scatter";
    setText(byId("look-title"), view.look === "scatter" ? t("One against the other") : t("Distribution"));
    if (view.look === "scatter") this.#scatter(series, view);
    else this.#histogram(series, all);
  }

  /** Of one unit: the first series', others have no place on its axis. @param {any[]} series @param {import("../charts/points.js").Row[][]} all */
  #histogram(series, all) {
    const [first] = series;
    const same = series.map((one, i) => ({ one, rows: all[i] })).filter(({ one }) => one.unit === first.unit);
    const found = distribution(same.map(({ rows }) => rows));
    if (!found) return this.#none();
    const bar = WIDTH / found.counts[0].length;
    const bars = same.flatMap(({ one }, i) => {
      const sum = found.counts[i].reduce((a, b) => a + b, 0);
      const width = bar / same.length;
      return found.counts[i].map((count, at) => {
        const height = sum ? (count / sum / found.most) * HEIGHT : 0;
        const rect = shape("rect", { x: at * bar + i * width, y: HEIGHT - height, width: Math.max(1, width - 1), height });
        rect.style.fill = `var(${one.colourName})`;
        return rect;
      });
    });
    const high = found.low + found.width * found.counts[0].length;
    const left = series.length - same.length;
    this.#draw(bars, { low: withUnit(found.low, first), high: withUnit(high, first), bottom: "0", top: `${number(100 * found.most, 1)}${THIN}%` },
      [t("Share of the readings in each of {n} parts of the range.", { n: found.counts[0].length }), left ? tn("{n} series of another unit is left out.", "{n} series of other units are left out.", left) : ""]);
  }

  #scatter(/** @type {any[]} */ series, /** @type {import("./view-text.js").View} */ view) {
    const x = series.find(({ metric }) => metric === view.x) ?? series[0];
    const y = series.find(({ metric }) => metric === view.y) ?? series[1] ?? series[0];
    for (const [axis, chosen] of /** @type {const} */ ([["x", x], ["y", y]])) {
      byId(`look-${axis}`).replaceChildren(...series.map(({ metric, label }) => el("option", { text: label, attrs: { value: metric } })));
      byId(`look-${axis}`).value = chosen.metric;
    }
    const { from, to } = this.timeLine.selection ?? this.timeLine.bounds();
    const least = Math.max(...[x, y].map((one) => this.timeLine.points(one.id).bucket ?? one.of.expected_interval * 1000));
    const { pairs, cell, r } = paired(visible(this.timeLine, x.id), visible(this.timeLine, y.id), { from, to, least });
    if (!pairs.length) return this.#none();
    const ends = (/** @type {0|1} */ axis) => {
      const values = pairs.map((pair) => pair[axis]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const room = (high - low || Math.abs(high) || 1) * 0.04;
      return { low: low - room, high: high + room };
    };
    const [across, up] = [ends(0), ends(1)];
    const dots = pairs.map(([a, b]) => {
      const at = [((a - across.low) / (across.high - across.low)) * WIDTH, HEIGHT - ((b - up.low) / (up.high - up.low)) * HEIGHT];
      return shape("path", { d: `M${at[0].toFixed(1)} ${at[1].toFixed(1)}h0`, class: "dot" });
    });
    this.#draw(dots, { low: withUnit(across.low, x), high: withUnit(across.high, x), bottom: withUnit(up.low, y), top: withUnit(up.high, y) },
      [tn("{n} pair of means of {length}.", "{n} pairs of means of {length}.", pairs.length, { n: number(pairs.length, 0), length: duration(Math.round(cell)) }), r === null ? "" : t("Correlation {r}.", { r: number(r, 2) })]);
  }

  #none() {
    this.#draw([], { low: "", high: "", bottom: "", top: "" }, [t("Nothing of both is in this window.")]);
  }

  #draw(/** @type {Element[]} */ shapes, /** @type {Record<"low"|"high"|"bottom"|"top", string>} */ ends, /** @type {string[]} */ said) {
    const svg = shape("svg", { class: "look-picture", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    const text = said.filter(Boolean).join(" ");
    svg.setAttribute("aria-label", text);
    svg.append(...shapes);
    byId("look-plot").replaceChildren(svg);
    for (const [name, value] of Object.entries(ends)) setText(byId(`look-${name}`), value);
    setText(byId("look-said"), text);
  }
}
