/** One alert in a list: what is wrong, where, the value now against the limit, since when, whose. */

import { age, withUnit } from "../page/format.js";
import { care, SEVERITY, stood } from "./words.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";
import { el, setMark, setText, stateMark } from "../page/element.js";
import { Latest, newestPoint } from "../live/latest.js";
import { moment } from "../time/moment.js";
import { Points } from "../charts/points.js";
import { t, tn, worded } from "../page/language.js";

export const SPARK_WINDOW = 15 * 60_000; // ms
const GAP = SPARK_WINDOW / 20; // ms without a reading that break the line

export class AlertRow {
  /** @param {import("./standing.js").Alert} alert */
  constructor(alert) {
    this.alert = alert;
    this.points = new Points();
    this.newest = new Latest();
    this.mark = stateMark(alert.severity, SEVERITY[alert.severity]);
    this.box = /** @type {HTMLInputElement} */ (el("input", { attrs: { type: "checkbox", tabindex: "-1", "aria-label": t("Select") } }));
    this.parts = {
      sentence: el("b", { class: "sentence" }), about: el("span", { class: "about quiet" }), now: el("span", { class: "now value" }),
      limit: el("span", { class: "limit quiet" }), spark: sparkline(), since: el("span", { class: "since" }), care: el("span", { class: "care clip" }),
    };
    this.open = el("button", { class: "open-alert" }, this.parts.sentence, this.parts.about);
    this.element = el("li", { class: "alert-row", data: { id: String(alert.id) } }, this.box, this.mark, this.open,
      el("span", { class: "reading-now" }, this.parts.now, this.parts.limit), this.parts.spark, this.parts.since, this.parts.care);
  }

  /** @param {import("./standing.js").Alert} alert */
  update(alert) {
    this.alert = alert;
  }

  /** @param {any} history */
  load(history, /** @type {number} */ to) {
    if (history.kind !== "text") this.points.load(history, to);
    this.newest.doubt([history.id]);
    const last = history.points[history.points.length - 1];
    const said = history.texts[history.texts.length - 1];
    if (said && !(last && last[0] >= said[1])) this.stored([said[1], said[2]]);
    else if (last && !history.reduced) this.stored([last[0], last[1]]); // a bucket's mean is no reading
  }

  /** What the store has as the newest. @param {[number, number|string]|null} point */
  stored(point) {
    this.newest.stored(/** @type {number} */ (this.alert.series), point);
  }

  /** The newest reading, where there is one. @returns {[number, number|string]|undefined} */
  get latest() {
    return this.alert.series === null ? undefined : this.newest.get(this.alert.series);
  }

  /** Live readings. @param {any[]} points */
  add(points) {
    if (points.length) this.newest.live(/** @type {number} */ (this.alert.series), newestPoint(points));
    this.points.add(points);
  }

  /** @param {number} now @param {number} known the time up to which the page knows what happened */
  show(now, known) {
    const { alert, parts } = this;
    const over = alert.cleared !== null;
    setMark(this.mark, over ? "cleared" : alert.severity, SEVERITY[alert.severity]);
    setText(parts.sentence, worded(alert.said, alert.sentence));
    setText(parts.about, [alert.device_name, alert.site?.name, alert.rule_name, ...this.#more()].filter(Boolean).join(" · "));
    const value = over ? alert.worst ?? alert.value : this.latest?.[1] ?? alert.value;
    setText(parts.now, value === null ? "" : withUnit(value, alert));
    setText(parts.limit, alert.limit === null ? "" : over ? t("worst, limit {limit}", { limit: withUnit(alert.limit, alert) }) : t("limit {limit}", { limit: withUnit(alert.limit, alert) }));
    setText(parts.since, stood(alert, now));
    parts.since.title = t("Since {started}", { started: moment(alert.started) });
    setText(parts.care, care(alert, now));
    this.element.classList.toggle("is-over", over);
    this.element.classList.toggle("is-silenced", alert.silenced && !over);
    if (!over && this.latest) parts.now.title = t("{age} ago", { age: age(Math.max(0, now - this.latest[0])) });
    if (over || alert.kind === "boolean") return; // a state is no line
    this.points.trim(known - SPARK_WINDOW);
    drawSparkline(parts.spark, { rows: this.points.rows, from: known - SPARK_WINDOW, to: known, gapAfter: Math.max(GAP, this.points.gapAfter(1)), limit: alert.limit });
  }

  #more() {
    const { flaps, effects, comments, historic } = this.alert;
    return [flaps ? t("came back {flaps}×", { flaps }) : "", effects ? tn("{n} effect", "{n} effects", effects) : "",
      comments ? tn("{n} comment", "{n} comments", comments) : "", historic ? t("found when it was over") : ""];
  }

  /** @param {boolean} selected */
  select(selected) {
    this.box.checked = selected;
    this.element.classList.toggle("is-selected", selected);
  }
}
