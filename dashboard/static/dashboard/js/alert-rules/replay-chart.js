/** One target's readings over the days of a replay, when the rule would have fired, and its limits as lines that can be moved. */

import { AlertSpans } from "../charts/alert-spans.js";
import { byId, el, setText } from "../page/element.js";
import { AxisRoom } from "../charts/axis-room.js";
import { FoldedTable } from "../charts/folded-table.js";
import { get } from "../page/rest.js";
import { Heard } from "../charts/heard.js";
import { humanise } from "../page/format.js";
import { LimitHandles } from "../charts/limit-handles.js";
import { LiveChart } from "../charts/live-chart.js";
import { Points } from "../charts/points.js";
import { StateStrip } from "../charts/state-strip.js";
import { t } from "../page/language.js";

const POINTS = 800;
const EMPTY = 0.2; // of the days, without readings before the first
const ROOM = 0.02; // of what is shown, before the first
const MOST_TINTS = 400; // elements; of more alerts the longest are shown

/** @typedef {import("../charts/limit-handles.js").Limit} Limit @typedef {import("./sums.js").Target} Target */

/** A fixed window, as charts ask for one. */
class Fixed {
  constructor() {
    this.from = 0;
    this.to = 1;
    /** @type {number|null} */ this.cursor = null;
    /** @type {{from: number, to: number}|null} */ this.drag = null;
    this.generation = 0;
  }

  bounds() {
    return { from: this.from, to: this.to };
  }

  knownUntil() {
    return this.to;
  }

  /** @returns {[number, number][]} */
  unknown() {
    return [];
  }
}

export class ReplayChart {
  /** @param {{moved: (field: string, value: number, isDone: boolean) => void}} of told while a limit is moved, and when it is let go */
  constructor(of) {
    this.of = of;
    this.window = new Fixed();
    this.points = new Points();
    /** @type {Target|null} */ this.target = null;
    /** @type {Limit[]} */ this.limits = [];
    /** @type {[number, number, number|null][]} */ this.episodes = [];
    /** @type {LiveChart|StateStrip|null} */ this.chart = null;
    this.rooms = { left: new AxisRoom(byId("plot")) };
    this.handles = new LimitHandles(byId("handles"), (field, value, isDone) => this.of.moved(field, value, isDone));
    this.table = new FoldedTable(() => ({ series: this.target ?? { metric: "", unit: "" }, rows: this.points.rows, texts: this.points.texts }));
    byId("replay-chart").append(this.table.element);
    this.loaded = "";
    new ResizeObserver(() => this.#redraw()).observe(byId("plot"));
    document.addEventListener("appearance", () => this.#restyle());
  }

  /** @param {Target|null} target @param {number} from @param {number} to @returns {Promise<void>} raises what `get` raises */
  async show(target, from, to) {
    byId("replay-chart").hidden = target?.series == null;
    if (!target || target.series === null) return;
    const key = `${target.series}|${from}|${to}`;
    if (key === this.loaded) return;
    this.loaded = key;
    try {
      await this.#load(key, target, from, to);
    } catch (error) {
      if (key === this.loaded) this.loaded = ""; // the next try reads it
      throw error;
    }
  }

  async #load(/** @type {string} */ key, /** @type {Target} */ target, /** @type {number} */ from, /** @type {number} */ to) {
    const series = /** @type {number} */ (target.series);
    let answer = await this.#read(series, from, to);
    const first = Math.min(answer.series[0].points[0]?.[0] ?? to, answer.series[0].texts[0]?.[0] ?? to);
    // What was measured begins late in these days: the chart begins there, or nothing of it could be seen.
    if (first < to && first - from > (to - from) * EMPTY) {
      from = Math.max(from, first - (to - first) * ROOM);
      answer = await this.#read(series, from, to);
    }
    if (key !== this.loaded) return;
    if (target.series !== this.target?.series) this.#make(target);
    this.points.load(answer.series[0], to, from);
    Object.assign(this.window, { from, to, generation: this.window.generation + 1 });
    const none = !this.points.rows.length && !this.points.texts.length;
    byId("no-data").hidden = !none;
    setText(byId("no-data"), none ? t("No readings in these days.") : "");
    this.chart?.reset();
    this.table.changed();
    this.#redraw();
  }

  /** @param {number} series @param {number} from @param {number} to */
  #read(series, from, to) {
    return get(`/api/v1/readings/?series=${series}&from=${Math.floor(from)}&to=${Math.ceil(to)}&points=${POINTS}`);
  }

  #make(/** @type {Target} */ target) {
    this.target = target;
    this.chart?.destroy();
    const old = byId("canvas");
    const canvas = /** @type {HTMLCanvasElement} */ (old.cloneNode(false));
    old.replaceWith(canvas);
    this.points = new Points();
    const isStrip = target.kind === "text" || target.kind === "boolean";
    byId("replay-chart").classList.toggle("is-strip", isStrip);
    const chart = this;
    const source = {
      series: { id: target.series, metric: target.metric, unit: target.unit, kind: target.kind, precision: target.precision }, device: target.device,
      colourName: "--series-1", expectedInterval: 60, points: () => this.points, heard: () => new Heard([this.points], 60),
      thresholds: [], alerts: new AlertSpans(), get near() { return chart.limits; },
    };
    this.chart = isStrip ? new StateStrip(canvas, source, this.window, this.rooms) : new LiveChart(canvas, [source], this.window, this.rooms);
    canvas.setAttribute("aria-label", t("{metric} of {name}, and when the rule would have fired", { metric: humanise(target.metric), name: target.name }));
  }

  /** @param {Limit[]} limits */
  showLimits(limits) {
    this.limits = limits;
    this.#redraw();
  }

  /** @param {[number, number, number|null][]} episodes */
  showEpisodes(episodes) {
    this.episodes = episodes;
    this.#showTints();
  }

  #restyle() {
    this.chart?.restyle();
    this.#redraw();
  }

  #redraw() {
    if (!this.chart || byId("replay-chart").hidden) return;
    if (this.chart instanceof LiveChart) this.chart.drawnKey = "";
    else this.chart.reset();
    this.chart.draw();
    this.#showTints();
    this.#showHandles();
  }

  #showTints() {
    const area = this.chart?.area;
    if (!area) return;
    const { from, to } = this.window;
    const x = (/** @type {number} */ at) => area.left + ((Math.min(to, Math.max(from, at)) - from) / (to - from)) * (area.right - area.left);
    const tint = (/** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ name) => {
      const shown = el("i", { class: name });
      Object.assign(shown.style, { left: `${x(a)}px`, width: `${x(b) - x(a)}px`, top: `${area.top}px`, height: `${area.bottom - area.top}px` });
      return shown;
    };
    const longest = [...this.episodes].sort((a, b) => (b[2] ?? to) - b[1] - ((a[2] ?? to) - a[1])).slice(0, MOST_TINTS);
    byId("tints").replaceChildren(...longest.flatMap(([since, fired, cleared]) => [
      ...(fired > since ? [tint(since, fired, "is-pending")] : []), tint(fired, cleared ?? to, "is-firing")]));
  }

  #showHandles() {
    const { unit = "", precision = null } = this.target ?? {};
    this.handles.show(this.chart instanceof LiveChart ? this.chart : null, this.limits, { unit, precision });
  }
}
