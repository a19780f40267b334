/** One device of the fleet: what is known of it. Its tiles show it. */

import { beganIn, beyond, withSides } from "./limits.js";
import { cardOf, shownOn } from "./card.js";
import { Hearing, newestOf, silentAmong } from "../presence/hearing.js";
import { isAhead, isHeardSince, judge, UNKNOWN, withAlert, withLimit, withSensors } from "../presence/presence.js";
import { Latest, newestPoint } from "../live/latest.js";
import { Points } from "../charts/points.js";

export const SPARK_WINDOW = 15 * 60_000; // ms

/** @typedef {{line: import("./limits.js").Line, value: number, since: number, sure: boolean}} Exceeded `sure`: not, when it may have begun earlier */

export class FleetDevice {
  /** @param {any} facts as in `GET /api/v1/fleet/` @param {import("./card.js").Template|null} [template] of its kind */
  constructor(facts, template = null) {
    this.points = new Points();
    this.drawn = false; // whether its line is on the page
    this.latest = new Latest();
    this.hearing = new Hearing();
    /** Series the server last judged silent, with the time of their newest reading then. @type {Map<number, number>} */ this.silent = new Map();
    /** Series whose newest value is beyond a line. @type {Map<number, Exceeded>} */ this.exceeded = new Map();
    /** @type {any} */ this.facts = { tags: [], series: [], thresholds: {}, presence: { connection: "unknown", since: null, last_seen: null } };
    /** @type {Map<number, any>} */ this.bySeries = new Map();
    this.template = template;
    /** @type {import("./card.js").Card} */ this.card = { main: null, others: [], word: null, bar: null };
    /** of its connection, as it was last judged @type {import("../presence/presence.js").State} */ this.presence = { name: "waiting", since: null, evidence: "none" };
    this.state = "waiting"; // among STATES: what it is filtered by
    this.connection = "waiting"; // the same without its alerts and limits
    /** its worst that is open @type {import("../alerts/standing.js").Alert|null} */ this.alert = null;
    this.unknown = false; // whether the state is an old one
    this.word = "";
    this.update(facts);
  }

  /** @param {any} facts a full list form, or the part of it that changed */
  update(facts) {
    const thresholds = facts.thresholds ? withSides(facts.thresholds, this.facts.thresholds) : this.facts.thresholds;
    this.facts = { ...this.facts, ...facts, thresholds };
    if (facts.series) this.silent = silentAmong(facts.series);
    this.hearing.tell(facts.presence, facts.series ? newestOf(facts.series) : null);
    this.bySeries = new Map(this.facts.series.map((/** @type {any} */ one) => [one.id, one]));
    for (const { id, latest } of this.facts.series) this.#stored(id, latest);
    for (const id of this.exceeded.keys()) if (!this.bySeries.has(id)) this.exceeded.delete(id);
    if (facts.thresholds) for (const id of this.bySeries.keys()) this.#compare(id, false);
    this.dress(this.template);
  }

  /** @param {import("./card.js").Template|null} template of its kind */
  dress(template) {
    this.template = template;
    const before = this.card.main?.id;
    this.card = cardOf(this.facts.series, template, this.facts.thresholds);
    if (this.card.main?.id !== before) this.points = new Points();
  }

  /** Its line is asked for, or no longer: values with a limit come of every device, and a quarter of an hour of each is 70 MB of two thousand.
   * @param {boolean} drawn */
  draw(drawn) {
    this.drawn = drawn;
    if (!drawn) this.points = new Points();
  }

  /** Those its tile shows. @returns {any[]} */
  get series() { return shownOn(this.card); }

  /** Those of it that have lines to be beyond. @returns {number[]} */
  get limited() {
    return [...this.bySeries.values()].filter((one) => this.linesOf(one).length).map(({ id }) => id);
  }

  /** @param {number} id @returns {any|null} */
  seriesOf(id) { return this.bySeries.get(id) ?? null; }

  /** @param {any} series @returns {import("./limits.js").Line[]} */
  linesOf({ metric }) {
    const { thresholds } = this.facts;
    return Object.hasOwn(thresholds, metric) ? thresholds[metric] : [];
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
    if (!this.latest.stored(id, point)) return;
    if (point) this.#speaks(id, point[0]);
    this.#compare(id, false);
  }

  /** What the store has now as the newest of a series whose history changed. @param {number} id @param {[number, number|string]|null} point */
  amend(id, point) {
    const series = this.bySeries.get(id);
    if (!series) return;
    series.latest = point;
    this.#stored(id, point);
  }

  /** A sensor that was judged silent has a reading from after that. */
  #speaks(/** @type {number} */ id, /** @type {number} */ at) {
    if (at > (this.silent.get(id) ?? Infinity)) this.silent.delete(id);
  }

  /** The newest value with the lines of its chart. @param {number} id @param {boolean} live whether it just came, after one that was well */
  #compare(id, live) {
    const series = this.bySeries.get(id);
    const latest = this.latest.get(id);
    const line = series && latest ? beyond(latest[1], this.linesOf(series)) : null;
    if (!line || !latest) {
      this.exceeded.delete(id);
      return;
    }
    const before = this.exceeded.get(id);
    const same = before && before.line.value === line.value && before.line.op === line.op;
    const start = same ? { since: before.since, sure: before.sure } : { since: latest[0], sure: live && !before };
    this.exceeded.set(id, { line, value: Number(latest[1]), ...start });
  }

  /** Live points of one of its series. @param {number} id @param {any[]} points @param {number} now */
  add(id, points, now) {
    if (!points.length) return;
    const newest = newestPoint(points);
    const known = this.latest.get(id) !== undefined;
    if (!isAhead(newest[0], this.hearing.lead, now) && this.latest.live(id, newest)) {
      this.#speaks(id, newest[0]);
      this.#compare(id, known);
    }
    this.hearing.reading(newest[0], now);
    if (this.drawn && id === this.card.main?.id) {
      this.points.add(points);
      this.points.trim(now - SPARK_WINDOW);
    }
  }

  /** @param {any} history of one of its series @param {number} to */
  load(history, to) {
    if (this.drawn && history.id === this.card.main?.id && history.kind !== "text") this.points.load(history, to);
    const last = history.reduced ? null : history.points[history.points.length - 1];
    const said = history.texts[history.texts.length - 1];
    if (last && !(said && said[1] > last[0])) this.#stored(history.id, last);
    else if (said) this.#stored(history.id, [said[1], said[2]]);
    this.look(history.id, history.points);
  }

  /** Since when it is beyond a line, by older readings. @param {number} id @param {any[]} rows of numbers, oldest first */
  look(id, rows) {
    const exceeded = this.exceeded.get(id);
    if (!exceeded || exceeded.sure) return;
    const began = beganIn(rows, exceeded.line);
    if (began && began.since <= exceeded.since) this.exceeded.set(id, { ...exceeded, ...began });
  }

  /** @param {import("../alerts/standing.js").Alert|null} alert its worst that is open */
  alerted(alert) {
    this.alert = alert;
  }

  /** The state at `now`, and what is said of it; true when that is another than before.
   * @param {number} now @param {boolean} unknown whether nothing after that is known @param {number} [present] what it is meanwhile */
  judge(now, unknown, present = now) {
    const { presence, enabled, expected_interval: interval } = this.facts;
    this.presence = judge({ ...presence, last_seen: this.heard }, interval, now);
    const name = enabled === false ? "disabled" : this.presence.name;
    const silent = name === "online" || name === "late" ? this.silent.size : 0;
    this.unknown = unknown && name !== "disabled" && !isHeardSince(this.heard, now, interval, present);
    this.connection = silent ? "sensors" : name;
    const isAlert = this.alert !== null && name !== "disabled";
    const isBeyond = !isAlert && this.exceeded.size > 0 && name !== "disabled";
    const said = this.unknown ? UNKNOWN : withSensors(name, silent);
    const word = isAlert ? withAlert(said) : isBeyond ? withLimit(said) : said;
    const state = isAlert ? "alert" : isBeyond ? "limit" : this.connection;
    const changed = word !== this.word || state !== this.state;
    this.state = state;
    this.word = word;
    return changed;
  }
}
