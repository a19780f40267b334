/** Alerts of the series that are shown: marked on their charts, and named in a panel below these. */

import { atRest } from "../page/at-rest.js";
import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { connection, keepRead } from "../live/live.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { marks } from "../time/marks.js";
import { serverNow } from "../time/clock.js";
import { SEVERITY, stood } from "../alerts/words.js";
import { t, worded } from "../page/language.js";
import { windowQuery } from "../time/timespan.js";

const MOST = 200; // alerts of one read
const ROWS = 12;
const SETTLE = 300; // ms after the last change before they are read again
const AT_MOST = 3_000; // ms until they are, although they never stop to change

/** @typedef {import("../alerts/standing.js").Alert} Alert */

export class ExploreAlerts {
  /** @param {import("./explore-line.js").ExploreLine} timeLine @param {import("../charts/alert-spans.js").AlertSpans} spans @param {() => any[]} shown the series, each named `metric` on its chart */
  constructor(timeLine, spans, shown) {
    this.timeLine = timeLine;
    this.spans = spans;
    this.shown = shown;
    /** newest first; null: not known @type {Alert[]|null} */ this.alerts = null;
    this.total = 0;
    this.asked = ""; // the address they were read from
    this.told = 0; // counts what says that they are others now
    // In turn: of readings that every event makes old, none is shown while events never end.
    /** Other series are shown, or another time. */ this.look = atRest(inTurn(() => this.#read()), SETTLE, AT_MOST);
    /** @type {Map<string, HTMLElement>} */ this.rows = new Map();
  }

  start() {
    connection.on("alert", ({ alert }) => this.#isOurs(alert) && this.again());
    keepRead([], () => this.again());
    this.timeLine.addEventListener("span", () => this.look());
  }

  #isOurs(/** @type {Alert|null} */ alert) {
    return alert === null || this.shown().some(({ id, of }) => id === alert.series || (alert.metric === "" && of.uid === alert.device));
  }

  /** Read them all again, also after what is on its way: it may be from before. */
  again() {
    this.asked = "";
    this.told += 1;
    this.look();
  }

  async #read() {
    const series = this.shown();
    if (!series.length) return this.#take([], 0);
    const query = `series=${series.map(({ id }) => id).join(",")}&${windowQuery(this.timeLine.asked)}`;
    if (query === this.asked) return;
    const { told } = this;
    try {
      const { alerts, total } = await get(`/api/v1/alerts/?state=all&limit=${MOST}&${query}`);
      this.asked = told === this.told ? query : "";
      this.#take(alerts, total);
    } catch {
      // The charts stand without marks; with the next change of the window, or after the next socket, they are asked for again.
    }
  }

  #take(/** @type {Alert[]} */ alerts, /** @type {number} */ total) {
    this.alerts = alerts;
    this.total = total;
    const names = new Map(this.shown().map(({ id, metric }) => [id, metric]));
    const charted = alerts.filter(({ series }) => series !== null && names.has(series));
    this.spans.take(charted.map((alert) => ({ ...alert, metric: /** @type {string} */ (names.get(/** @type {number} */ (alert.series))) })));
    marks.put("alerts", charted.map((alert) => ({
      at: alert.started, until: alert.cleared, ongoing: alert.cleared === null, kind: /** @type {const} */ ("alert"), text: worded(alert.said, alert.sentence), tone: alert.severity,
      series: alert.series, open: () => location.assign(`/alerts/?alert=${alert.id}`),
    })));
    this.show();
  }

  /** Now: how long one stands grows. */
  show() {
    const { alerts } = this;
    byId("alerts-card").hidden = alerts === null || !this.shown().length;
    if (alerts === null) return;
    const now = serverNow();
    const shown = alerts.slice(0, ROWS).map((alert) => this.#row(alert, now));
    showRows(byId("alerts-list"), shown);
    const keys = new Set(shown.map(({ dataset }) => dataset.key));
    for (const key of this.rows.keys()) if (!keys.has(key)) this.rows.delete(key);
    byId("alerts-none").hidden = alerts.length > 0;
    byId("alerts-more").hidden = this.total <= ROWS;
    setText(byId("alerts-more"), t("and {n} more", { n: this.total - ROWS }));
  }

  #row(/** @type {Alert} */ alert, /** @type {number} */ now) {
    const { id, severity, cleared } = alert;
    const key = `${id} ${severity} ${cleared === null}`;
    let row = this.rows.get(key);
    if (!row) {
      row = el("li", { data: { key } }, el("a", { attrs: { href: `/alerts/?alert=${id}` } }, stateMark(cleared === null ? severity : "cleared", cleared === null ? SEVERITY[severity] : t("Cleared")), el("b", { class: "clip" }), el("span", { class: "quiet since" })));
      this.rows.set(key, row);
    }
    const link = /** @type {HTMLElement} */ (row.firstElementChild);
    const text = worded(alert.said, alert.sentence);
    setText(link.children[1], text);
    link.children[1].setAttribute("title", text);
    setText(link.children[2], stood(alert, now));
    return row;
  }
}
