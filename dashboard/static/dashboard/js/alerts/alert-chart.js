/** The chart of an alert: what was measured around its start, with the limit. One time line for all that are looked at. */

import { AlertSpans } from "../charts/alert-spans.js";
import { AxisRoom } from "../charts/axis-room.js";
import { ChartCard } from "../charts/chart-card.js";
import { connection, knownUntil } from "../live/live.js";
import { get } from "../page/rest.js";
import { Heard } from "../charts/heard.js";
import { Scheduler } from "../page/scheduler.js";
import { serverNow } from "../time/clock.js";
import { TimeLine } from "../time/time-line.js";

const AROUND = 15 * 60_000; // ms before the start and after it
const EXPECTED = 60; // seconds between two readings where it is not known

export class AlertChart {
  /** @param {HTMLElement} area */
  constructor(area) {
    this.area = area;
    this.scheduler = new Scheduler();
    this.rooms = { left: new AxisRoom(area) };
    this.alerts = new AlertSpans();
    /** @type {ChartCard|null} */ this.card = null;
    /** the id of the alert it was made for @type {number|null} */ this.of = null;
    this.timeLine = new TimeLine([], {
      connection, knownUntil, now: serverNow, get, search: () => "", show: () => {}, hidden: () => document.hidden,
    });
    this.timeLine.addEventListener("loaded", () => {
      this.card?.again("reset");
      this.tick();
    });
    this.timeLine.addEventListener("cursor", () => this.tick());
    document.addEventListener("appearance", () => this.card?.again("restyle"));
  }

  /** @param {import("./standing.js").Alert} alert @param {number|null} interval seconds */
  show(alert, interval) {
    this.clear();
    this.of = alert.id;
    this.area.hidden = alert.series === null;
    if (alert.series === null) return;
    const { series, metric, unit, kind, precision } = alert;
    this.alerts.take([alert]);
    const device = { uid: alert.uid, name: alert.device_name, expected_interval: interval ?? EXPECTED };
    const page = { device, timeLine: this.timeLine, rooms: this.rooms, alerts: this.alerts, hasTimes: true, heard: () => new Heard([this.timeLine.points(series)], device.expected_interval) };
    const card = new ChartCard([{ id: series, metric, unit, kind: kind ?? "gauge", precision, colourName: "--series-1" }], page);
    this.card = card;
    if (alert.value !== null) card.all[0].setLatest([alert.started, alert.value]);
    this.area.append(card.element);
    card.tick();
    this.scheduler.add({ element: card.seen, draw: () => card.draw() });
    this.timeLine.follow([series]);
    this.timeLine.select(alert.started - AROUND, Math.min(serverNow(), alert.started + AROUND));
  }

  clear() {
    this.of = null;
    if (!this.card) return;
    this.scheduler.remove(this.card.seen);
    this.card.remove();
    this.card = null;
    this.timeLine.follow([]);
  }

  tick() {
    this.card?.tick();
  }
}
