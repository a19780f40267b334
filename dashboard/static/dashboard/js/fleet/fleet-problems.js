/** What is wrong, on top of the fleet: one row each, the worst first, each a way to the moment it began. */

import { alertProblem, problemsOf, Told } from "./problems.js";
import { byId, el, setMark, setText, showRows, stateMark } from "../page/element.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";
import { get } from "../page/rest.js";
import { isTold } from "../alerts/standing.js";
import { lasting, SEVERITY } from "../alerts/words.js";
import { MINUTE } from "../time/zone.js";
import { moment } from "../time/moment.js";
import { Points } from "../charts/points.js";
import { ProblemRoom } from "./problem-room.js";
import { SPARK_WINDOW } from "./fleet-device.js";
import { t, tn } from "../page/language.js";
import { TOLD } from "./fleet-feed.js";
import { wayTo, wayToMoment } from "../alerts/way.js";
import { WORDS } from "../presence/presence.js";

const MOST = 50; // rows when all are asked for
const LOOKS = [{ back: 86_400_000, points: 1_440 }, { back: 31 * 86_400_000, points: 1_488 }]; // ms and points: when it began
const LOOKED_AT = 20; // series of one look

/** @typedef {{problem: import("./problems.js").Problem, well: number|null}} Shown */

/** How long, without seconds that tick from a minute on. @param {number} ms */
const calm = (ms) => lasting(ms < MINUTE ? Math.max(0, ms) : Math.floor(ms / MINUTE) * MINUTE);

class ProblemRow {
  /** @param {Shown} shown */
  constructor({ problem }) {
    this.points = new Points();
    this.series = problem.series?.id ?? null;
    this.looks = 0; // how many times its beginning was looked for
    this.mark = stateMark(problem.mark);
    this.parts = { name: el("b", { class: "clip" }), says: el("span", { class: "says" }), site: el("span", { class: "site quiet clip" }), spark: sparkline(), since: el("span", { class: "since quiet" }) };
    this.element = el("a", { class: "problem" }, this.mark, ...Object.values(this.parts));
  }

  /** @param {Shown} shown @param {number} now @param {number} known up to when the page knows what happened */
  show({ problem, well }, now, known) {
    const { parts } = this;
    this.problem = problem;
    if ((problem.series?.id ?? null) !== this.series) {
      this.series = problem.series?.id ?? null;
      this.points = new Points();
    }
    const word = problem.alert ? SEVERITY[problem.alert.severity] : WORDS[/** @type {"limit"} */ (problem.mark)];
    setMark(this.mark, well === null ? problem.mark : "cleared", well === null ? word : t("Well again"));
    setText(parts.name, problem.name);
    setText(parts.says, problem.says);
    parts.says.title = problem.says;
    setText(parts.site, problem.site);
    setText(parts.since, `${problem.sure ? "" : "> "}${calm((well ?? now) - problem.since)}`);
    parts.since.title = t("Since {when}", { when: moment(problem.since) });
    this.element.classList.toggle("is-well", well !== null);
    this.element.classList.toggle("is-lineless", this.series === null || problem.series?.kind === "text" || problem.series?.kind === "boolean");
    this.element.setAttribute("href", problem.alert ? wayTo(problem.alert, now) : wayToMoment(String(problem.uid), problem.since, now));
    if (problem.series?.kind === "text" || problem.series?.kind === "boolean") return; // a state is no line
    this.points.trim(known - SPARK_WINDOW);
    drawSparkline(parts.spark, { rows: this.points.rows, from: known - SPARK_WINDOW, to: known, gapAfter: Math.max(SPARK_WINDOW / 20, this.points.gapAfter(1)), limit: problem.limit });
  }
}

export class FleetProblems {
  /** @param {import("./fleet-list.js").Fleet} fleet @param {import("../alerts/current.js").Current} current @param {typeof import("../live/live.js")} live */
  constructor(fleet, current, live) {
    this.fleet = fleet;
    this.current = current;
    this.live = live;
    this.told = new Told();
    this.list = byId("problems-list");
    /** @type {Map<string, ProblemRow>} */ this.rows = new Map();
    this.room = new ProblemRoom(this.list);
    byId("problems-more").addEventListener("click", () => {
      this.room.turn();
      this.second();
    });
  }

  /** What somebody should look at, and what alerts say of devices already. */
  #problems() {
    const now = this.live.judgedAt();
    /** @type {Map<string, import("./problems.js").Covered>} */ const covered = new Map();
    for (const { device, series } of this.current.alerts.values()) {
      if (device === null) continue;
      const has = covered.get(device) ?? { whole: false, series: new Set() };
      if (series === null) has.whole = true;
      else has.series.add(series);
      covered.set(device, has);
    }
    const open = this.current.of("open").filter((alert) => isTold(alert, now));
    const problems = open.map((alert) => alertProblem(alert, alert.device === null || alert.series === null ? null : this.fleet.roster.devices.get(alert.device)?.seriesOf(alert.series) ?? null));
    for (const device of this.fleet.roster.devices.values()) {
      if (device.state !== "disabled" && device.state !== "online" && device.state !== "waiting") problems.push(...problemsOf(device, covered.get(device.uid)));
    }
    return problems;
  }

  second() {
    if (!this.fleet.loaded) return;
    const now = this.live.judgedAt();
    const isHeld = (/** @type {string} */ key) => key.startsWith("alert ") && this.current.alerts.has(Number(key.slice("alert ".length)));
    // While nothing is known nothing is well again.
    const shown = this.told.at(this.#problems(), now, isHeld);
    this.room.make(shown.length);
    const top = shown.slice(0, this.room.isAll ? MOST : this.room.rows);
    const kept = new Set(top.map(({ problem }) => problem.key));
    for (const key of this.rows.keys()) if (!kept.has(key)) this.rows.delete(key);
    for (const one of top) {
      const row = this.rows.get(one.problem.key) ?? new ProblemRow(one);
      this.rows.set(one.problem.key, row);
      row.show(one, now, this.live.knownUntil());
    }
    showRows(this.list, top.map(({ problem }) => /** @type {ProblemRow} */ (this.rows.get(problem.key)).element));
    this.#head(shown.filter(({ well }) => well === null).length, shown.length - top.length);
    this.fleet.feed.tell([...this.rows.values()].flatMap(({ series }) => (series === null ? [] : [series])));
  }

  #head(/** @type {number} */ many, /** @type {number} */ unseen) {
    const more = byId("problems-more");
    more.hidden = !this.room.isAll && unseen === 0;
    setText(more, this.room.isAll ? t("Show fewer") : t("{n} more", { n: unseen + this.current.beyond }));
    more.setAttribute("aria-expanded", String(this.room.isAll));
    byId("problems-none").hidden = this.rows.size > 0;
    setText(byId("problems-count"), many ? tn("{n} problem", "{n} problems", many + this.current.beyond) : t("No problems"));
  }

  /** Histories of what is shown. @param {any} message */
  snapshot({ id, series, to }) {
    if (id !== TOLD) return;
    for (const history of series) {
      for (const row of this.rows.values()) if (row.series === history.id && history.kind !== "text") row.points.load(history, to);
    }
    this.second();
    this.#lookBack();
  }

  /** @param {any} message */
  readings({ d }) {
    for (const row of this.rows.values()) if (row.series !== null && d[row.series]) row.points.add(d[row.series]);
  }

  /** Look further back for what had begun before the readings that are here. */
  async #lookBack() {
    const unsure = [...this.rows.values()].filter(({ problem, looks }) => problem?.mark === "limit" && !problem.sure && looks < LOOKS.length).slice(0, LOOKED_AT);
    if (!unsure.length) return;
    const { back, points } = LOOKS[Math.min(...unsure.map(({ looks }) => looks))];
    for (const row of unsure) row.looks += 1;
    const from = Math.round(this.live.judgedAt() - back);
    try {
      const answer = await get(`/api/v1/readings/?series=${unsure.map(({ series }) => series).join()}&from=${from}&to=${Math.round(this.live.judgedAt())}&points=${points}`);
      for (const history of answer.series) this.fleet.roster.bySeries.get(history.id)?.look(history.id, history.points);
    } catch {
      return; // "> 15 min" is true as well
    }
    this.second();
    this.#lookBack();
  }
}

