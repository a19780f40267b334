/** One device in the list of its site: state, main values, when it was heard. */

import { age, bare, humanise } from "../page/format.js";
import { el, setMark, setText, setValue, stateMark } from "../page/element.js";
import { Hearing, newestOf, silentAmong } from "../presence/hearing.js";
import { inOrder } from "../fleet/card.js";
import { limitsPassed } from "../fleet/problems.js";
import { isAhead, judge, PROBLEMS, UNKNOWN, withLimit, withSensors } from "../presence/presence.js";
import { Latest, newestPoint } from "../live/latest.js";

const SHOWN = 3; // series; the rest is on the device's page

export class SiteDevice {
  /** @param {any} facts as in `GET /api/v1/fleet/` */
  constructor(facts) {
    this.hearing = new Hearing();
    this.latest = new Latest();
    /** @type {any} */ this.facts = { series: [], presence: { connection: "unknown", since: null, last_seen: null } };
    /** those its row shows @type {any[]} */ this.series = [];
    /** @type {Map<number, number>} */ this.silent = new Map();
    this.state = "waiting";
    this.mark = stateMark("waiting");
    this.link = el("a", { class: "name clip" });
    this.values = el("span", { class: "values" });
    this.lane = el("span", { class: "lane status-lane" });
    this.age = el("span", { class: "age quiet" });
    this.element = el("li", { class: "site-device" }, this.mark, this.link, this.values, this.lane, this.age);
    this.update(facts);
  }

  /** @param {any} facts a full list form, or the part of it that changed */
  update(facts) {
    this.facts = { ...this.facts, ...facts };
    this.hearing.tell(facts.presence, facts.series ? newestOf(facts.series) : null);
    if (facts.series) {
      this.silent = silentAmong(facts.series);
      this.series = inOrder(facts.series).slice(0, SHOWN);
      for (const { id, latest } of facts.series) this.latest.stored(id, latest);
      this.values.replaceChildren(...this.series.map((series) => el("span", { class: "one" }, el("span", { class: "key clip quiet", text: series.label || humanise(series.metric) }), el("span", { class: "value" }))));
    }
    setText(this.link, this.name);
    this.link.setAttribute("href", this.href);
    this.link.title = this.name;
    this.element.dataset.uid = this.uid;
  }

  /** @returns {string} */
  get uid() { return this.facts.uid; }

  /** @returns {string} */
  get name() { return this.facts.name; }

  get href() { return `/devices/${encodeURIComponent(this.uid)}/`; }

  /** @returns {[number, number]|null} */
  get position() { return this.facts.position ?? null; }

  get isBad() { return PROBLEMS.has(this.state); }

  /** What its values are beyond, in words. @type {string[]} */
  limits = [];

  /** Since when it is as it is, where that is known. @type {number|null} */
  since = null;

  /** Live readings of one of its series. @param {number} id @param {any[]} points @param {number} now */
  add(id, points, now) {
    if (!points.length) return;
    const newest = newestPoint(points);
    if (!isAhead(newest[0], this.hearing.lead, now) && this.latest.live(id, newest) && newest[0] > (this.silent.get(id) ?? Infinity)) this.silent.delete(id);
    this.hearing.reading(newest[0], now);
  }

  /** @param {number} now the time up to which the page knows @param {boolean} unknown */
  show(now, unknown) {
    const { presence, enabled, expected_interval: interval } = this.facts;
    const judged = judge({ ...presence, last_seen: this.hearing.heard }, interval, now);
    const name = enabled === false ? "disabled" : judged.name;
    const silent = name === "online" || name === "late" ? this.silent.size : 0;
    this.limits = name === "disabled" ? [] : limitsPassed(this.facts, this.latest);
    this.state = this.limits.length ? "limit" : silent ? "sensors" : name;
    this.since = this.limits.length ? null : judged.since;
    const isOld = unknown && name !== "disabled";
    const mark = isOld ? "waiting" : this.state;
    const word = withSensors(name, silent);
    setMark(this.mark, mark, isOld ? UNKNOWN : this.limits.length ? withLimit(word) : word);
    this.series.forEach((series, i) => {
      const latest = this.latest.get(series.id);
      setValue(/** @type {Element} */ (this.values.children[i].lastElementChild), latest ? bare(latest[1], series) : "–", latest && typeof latest[1] === "number" ? series.unit : "");
    });
    const at = this.hearing.heard;
    setText(this.age, at === null ? "" : age(Math.max(0, now - at)));
    this.element.classList.toggle("is-stale", name === "offline" || name === "silent");
  }
}
