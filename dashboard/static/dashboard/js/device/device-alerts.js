/** Alerts of the device: marked on its charts and among the page's marks, the open ones named beside its presence. */

import { atRest } from "../page/at-rest.js";
import { byId, el, showRows, stateMark } from "../page/element.js";
import { byWorst, isTold } from "../alerts/standing.js";
import { connection, keepRead } from "../live/live.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { lasting, SEVERITY } from "../alerts/words.js";
import { marks } from "../time/marks.js";
import { serverNow } from "../time/clock.js";
import { worded } from "../page/language.js";
import { windowQuery } from "../time/timespan.js";

const MOST = 200; // alerts of one read
const SETTLE = 300; // ms after the last pan or zoom before those of the window are read
const AT_MOST = 3_000; // ms until they are, although it never stands still

/** @typedef {import("../alerts/standing.js").Alert} Alert */

export class DeviceAlerts {
  /** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine @param {import("../charts/alert-spans.js").AlertSpans} spans */
  constructor(device, timeLine, spans) {
    this.device = device;
    this.timeLine = timeLine;
    this.spans = spans;
    /** @type {Map<number, Alert>} */ this.alerts = new Map();
    /** the oldest of the newest: what began before it is read with its window */ this.since = -Infinity;
    /** what was told while each request is on its way, which may not know of it yet @type {Set<Alert[]>} */ this.underWay = new Set();
    this.reads = 0; // an answer from before a newer read says nothing
    this.windows = 0;
    this.read = inTurn(() => this.#read());
  }

  start() {
    connection.on("alert", ({ alert }) => {
      if (alert === null) this.read();
      else if (alert.device === this.device.uid) {
        for (const told of this.underWay) told.push(alert);
        this.#take([alert]);
      }
    });
    this.timeLine.addEventListener("span", atRest(() => this.#window(), SETTLE, AT_MOST));
    keepRead([], () => this.read());
  }

  async #read() {
    this.reads += 1;
    const answer = await this.#ask("");
    if (!answer) return;
    this.since = answer.total > answer.alerts.length ? Math.min(...answer.alerts.map((/** @type {Alert} */ alert) => alert.started)) : -Infinity;
    this.alerts.clear();
    this.#take([...answer.alerts, ...answer.told]);
    this.#window();
  }

  /** What is older than those that are held. */
  async #window() {
    const { asked } = this.timeLine;
    if (asked.from >= this.since) return;
    const { reads } = this;
    const mine = ++this.windows;
    const answer = await this.#ask(`&${windowQuery(asked)}`);
    if (answer && reads === this.reads && mine === this.windows) this.#take([...answer.alerts, ...answer.told]);
  }

  async #ask(/** @type {string} */ more) {
    /** @type {Alert[]} */ const told = [];
    this.underWay.add(told);
    try {
      return { ...(await get(`/api/v1/alerts/?state=all&limit=${MOST}&device=${encodeURIComponent(this.device.uid)}${more}`)), told };
    } catch {
      return null; // the charts stand without marks; after the next socket they are asked for again
    } finally {
      this.underWay.delete(told);
    }
  }

  #take(/** @type {Alert[]} */ alerts) {
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    this.spans.take([...this.alerts.values()]);
    this.#mark();
    this.show();
  }

  #mark() {
    const series = new Map(this.device.series.map((/** @type {any} */ { metric, id }) => [metric, id]));
    marks.put("alerts", [...this.alerts.values()].map((alert) => ({
      at: alert.started, until: alert.cleared, ongoing: alert.cleared === null, kind: "alert", text: worded(alert.said, alert.sentence), tone: alert.severity,
      series: alert.metric ? series.get(alert.metric) ?? null : null, open: () => location.assign(`/alerts/?alert=${alert.id}`),
    })));
  }

  /** The worst that is open, or null. @returns {Alert|null} */
  get worst() {
    return this.open[0] ?? null;
  }

  /** Worst first. */
  get open() {
    const now = serverNow();
    return [...this.alerts.values()].filter((alert) => isTold(alert, now)).sort(byWorst);
  }

  show() {
    const now = serverNow();
    const list = byId("presence-alerts");
    const open = this.open;
    list.hidden = open.length === 0;
    const held = new Map([...list.children].map((row) => [row.dataset.key, row]));
    showRows(list, open.map((alert) => {
      const key = `${alert.id}|${alert.sentence}|${alert.severity}`;
      const row = held.get(key) ?? el("li", { data: { key } }, stateMark(alert.severity, SEVERITY[alert.severity]), el("span", { class: "quiet" }),
        el("a", { text: worded(alert.said, alert.sentence), attrs: { href: `/alerts/?alert=${alert.id}` } }));
      row.children[1].textContent = lasting(now - alert.started);
      return row;
    }));
  }
}
