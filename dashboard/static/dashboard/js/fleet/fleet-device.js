/** One device of the fleet: what is known of it, and its tile. */

import { age, bare, humanise } from "../page/format.js";
import { el, setMark, setText, setValue, stateMark } from "../page/element.js";
import { inOrder } from "./fleet-order.js";
import { Hearing, newestOf, silentAmong } from "../presence/hearing.js";
import { isAhead, judge, UNKNOWN, withAlert, withSensors } from "../presence/presence.js";
import { Latest, newestPoint } from "../live/latest.js";
import { Points } from "../charts/points.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";

const MAIN_SERIES = 3; // shown on a tile; the rest is on the device's page
export const SPARK_WINDOW = 15 * 60_000; // ms

export class FleetDevice {
  /** @param {any} facts as in `GET /api/v1/fleet/` */
  constructor(facts) {
    this.points = new Points();
    this.latest = new Latest();
    this.hearing = new Hearing();
    /** Series the server last judged silent, with the time of their newest reading then. @type {Map<number, number>} */ this.silent = new Map();
    /** @type {any} */ this.facts = { tags: [], series: [], presence: { connection: "unknown", since: null, last_seen: null } };
    /** those its tile shows @type {any[]} */ this.series = [];
    this.state = "waiting"; // among STATES: what it is filtered by
    this.connection = "waiting"; // the same without its alerts: what it is sorted by
    /** its worst that is open @type {import("../alerts/standing.js").Alert|null} */ this.alert = null;
    this.unknown = false; // whether the state is an old one
    this.word = "";
    this.element = el("a", { class: "device" });
    this.mark = stateMark("waiting");
    this.parts = {
      name: el("span", { class: "name" }), where: el("span", { class: "where clip" }),
      value: el("span", { class: "value" }), metric: el("span", { class: "metric clip" }),
      spark: sparkline(),
      others: el("span", { class: "others" }), age: el("span", { class: "age" }),
    };
    this.element.append(this.mark, this.parts.name, this.parts.where, this.parts.value, this.parts.metric,
      this.parts.spark, this.parts.others, this.parts.age);
    this.update(facts);
  }

  /** @param {any} facts a full list form, or the part of it that changed */
  update(facts) {
    this.facts = { ...this.facts, ...facts };
    this.element.setAttribute("href", `/devices/${encodeURIComponent(this.uid)}/`);
    if (facts.series) {
      this.silent = silentAmong(facts.series);
    }
    this.hearing.tell(facts.presence, facts.series ? newestOf(facts.series) : null);
    this.series = inOrder(this.facts.series).slice(0, MAIN_SERIES);
    for (const { id, latest } of this.facts.series) this.#stored(id, latest);
    setText(this.parts.name, this.name);
    this.element.dataset.uid = this.uid;
    this.#about();
    const others = this.series.slice(1);
    const key = others.map((s) => s.id).join();
    if (this.parts.others.dataset.key !== key) {
      this.parts.others.dataset.key = key;
      this.parts.others.replaceChildren(...others.map((s) => el("span", { class: "other" },
        el("span", { class: "key clip", text: humanise(s.metric) }), el("span", { class: "value small-value" }))));
    }
    setText(this.parts.metric, this.series[0] ? humanise(this.series[0].metric) : "");
  }

  /** Where it stands; while something of it is open, what is wrong. */
  #about() {
    this.element.title = [`${this.name} (${this.uid})`, this.alert?.sentence].filter(Boolean).join("\n");
    setText(this.parts.where, this.alert?.sentence ?? ([this.site?.name, this.kind].filter(Boolean).join(" · ") || this.uid));
  }

  /** @param {import("../alerts/standing.js").Alert|null} alert its worst that is open */
  alerted(alert) {
    if (this.alert === alert) return;
    this.alert = alert;
    this.element.dataset.severity = alert?.severity ?? "";
    this.#about();
  }

  /** @returns {string} */
  get uid() { return this.facts.uid; }

  /** @returns {string} */
  get name() { return this.facts.name; }

  /** @returns {{slug: string, name: string}|null} */
  get site() { return this.facts.site ?? null; }

  /** @returns {string} */
  get kind() { return this.facts.kind; }

  /** @returns {string[]} */
  get tags() { return this.facts.tags; }

  /** When it was last heard, ms. */
  get heard() {
    return this.hearing.heard;
  }

  /** @param {number|undefined} at when it was heard, ms */
  heardAt(at) {
    if (at !== undefined) this.hearing.heardAt(at);
  }

  #stored(/** @type {number} */ id, /** @type {[number, number|string, ...number[]]|null|undefined} */ point) {
    if (this.latest.stored(id, point) && point) this.#speaks(id, point[0]);
  }

  /** A sensor that was judged silent has a reading from after that. */
  #speaks(/** @type {number} */ id, /** @type {number} */ at) {
    if (at > (this.silent.get(id) ?? Infinity)) this.silent.delete(id);
  }

  /** Live points of one of its series. @param {number} id @param {any[]} points @param {number} now */
  add(id, points, now) {
    if (!points.length) return;
    const newest = newestPoint(points);
    if (!isAhead(newest[0], this.hearing.lead, now) && this.latest.live(id, newest)) this.#speaks(id, newest[0]);
    this.hearing.reading(newest[0], now);
    if (id === this.series[0]?.id) {
      this.points.add(points);
      this.points.trim(now - SPARK_WINDOW);
    }
  }

  /** @param {any} history @param {number} to */
  load(history, to) {
    if (history.id === this.series[0]?.id && history.kind !== "text") this.points.load(history, to);
    const last = history.points[history.points.length - 1];
    if (last && !history.reduced) this.#stored(history.id, last);
    const said = history.texts[history.texts.length - 1];
    if (said) this.#stored(history.id, [said[1], said[2]]);
  }

  /** The state at `now`, and what is said of it; true when that is another than before.
   * @param {number} now @param {boolean} unknown whether nothing after that is known */
  judge(now, unknown) {
    const { presence, enabled, expected_interval: interval } = this.facts;
    const name = enabled === false ? "disabled" : judge({ ...presence, last_seen: this.heard }, interval, now).name;
    const silent = name === "online" || name === "late" ? this.silent.size : 0;
    this.unknown = unknown && name !== "disabled" && (this.heard ?? 0) <= now;
    this.connection = silent ? "sensors" : name;
    const isAlert = this.alert !== null && name !== "disabled";
    const said = this.unknown ? UNKNOWN : withSensors(name, silent);
    const word = isAlert ? withAlert(said) : said;
    const changed = word !== this.word;
    this.state = isAlert ? "alert" : this.connection;
    this.word = word;
    if (changed) this.show(now); // also out of sight: it may be about to move into it
    return changed;
  }

  /** @param {number} now @param {number} known the time up to which the page knows what happened */
  paint(now, known) {
    this.show(now);
    drawSparkline(this.parts.spark, {
      rows: this.points.rows, from: known - SPARK_WINDOW, to: known,
      gapAfter: Math.max(this.points.gapAfter(this.facts.expected_interval), SPARK_WINDOW / 20),
    });
  }

  /** All but the line. @param {number} now */
  show(now) {
    this.#values();
    this.#ages(now);
  }

  #values() {
    this.series.forEach((series, index) => {
      const latest = this.latest.get(series.id);
      const node = index ? this.parts.others.children[index - 1].lastElementChild : this.parts.value;
      if (node) setValue(node, latest ? bare(latest[1], series) : "–", latest && typeof latest[1] === "number" ? series.unit : "");
    });
    if (!this.series.length) setValue(this.parts.value, "–", "");
  }

  #ages(/** @type {number} */ now) {
    setMark(this.mark, this.state === "alert" && this.alert ? this.alert.severity : this.unknown ? "waiting" : this.state, this.word);
    if (this.element.dataset.state !== this.state) this.element.dataset.state = this.state;
    const latest = this.series[0] && this.latest.get(this.series[0].id);
    // A clock that is ahead makes nothing younger than what was heard.
    const at = latest ? Math.min(latest[0], this.heard ?? latest[0]) : this.heard;
    setText(this.parts.age, at ? age(Math.max(0, now - at)) : "never");
    this.element.classList.toggle("is-stale", this.connection === "offline" || this.connection === "silent");
  }
}
