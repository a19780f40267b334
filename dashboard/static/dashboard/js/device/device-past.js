/** The past of the device's presence: the lane above its charts, the whole history below them, and its marks. */

import { atRest } from "../page/at-rest.js";
import { byId } from "../page/element.js";
import { connection, keepRead } from "../live/live.js";
import { devicePath, get } from "../page/rest.js";
import { marks } from "../time/marks.js";
import { Overview } from "../time/overview.js";
import { sentence, StatusLane } from "../time/status-lane.js";
import { wireLane } from "../time/lane-pointer.js";
import { windowQuery } from "../time/timespan.js";

const SETTLE = 300; // ms after the last step of the window before it is read
const AT_MOST = 3_000; // ms until it is read, although it never stands still
const AGAIN = 10_000; // ms between two reads of a window that is live
const WHOLE_AGAIN = 600_000; // ms between two reads of the whole history
const MOST = 600; // stretches
const TEN_YEARS = 3650 * 86_400_000; // ms, the widest history there is
const AWAY = new Set(["silent", "offline"]);

export class DevicePast {
  /** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(device, timeLine) {
    this.device = device;
    this.timeLine = timeLine;
    /** Read the window when it stands still. */ this.soon = atRest(() => this.#read(), SETTLE, AT_MOST);
    this.asked = 0; // counts reads: the answer of an older one is not shown
    this.readAt = Infinity; // not before the first time
    this.wholeAt = -Infinity;
    this.lane = new StatusLane(byId("status-lane"), marks, timeLine);
    wireLane(this.lane, timeLine);
    this.overview = new Overview(byId("overview"), marks, timeLine);
  }

  start() {
    this.timeLine.addEventListener("span", () => {
      this.draw();
      this.soon();
    });
    connection.on("presence", (message) => message.uid === this.device.uid && this.soon());
    keepRead([], () => this.soon(), () => this.#read());
  }

  async #read() {
    if (this.device.removed) return;
    const asked = ++this.asked;
    this.readAt = performance.now();
    const answer = await this.#ask(this.timeLine.asked);
    if (!answer || asked !== this.asked) return;
    this.lane.take(answer.stretches);
    this.#mark(answer);
    if (this.readAt - this.wholeAt > WHOLE_AGAIN) this.#readWhole();
  }

  async #ask(/** @type {{from: number, to: number|null}} */ { from, to }) {
    try {
      return await get(`${devicePath(this.device.uid)}/presence/?${windowQuery({ from: Math.max(0, from), to })}&most=${MOST}`);
    } catch {
      return null; // the lane keeps what it has; the next read comes by itself
    }
  }

  #mark(/** @type {{now: number, stretches: import("../time/status-lane.js").Stretch[]}} */ { now, stretches }) {
    const away = stretches.filter(({ state }) => AWAY.has(state));
    marks.put("presence", away.map((stretch) => ({
      at: stretch.from, until: stretch.to, ongoing: stretch.to >= now - SETTLE, kind: "presence", text: sentence(stretch, now), tone: stretch.state, series: null, open: null,
    })));
  }

  async #readWhole() {
    this.wholeAt = performance.now();
    const now = this.timeLine.now();
    const past = await this.#ask({ from: now - TEN_YEARS, to: now });
    const first = this.device.series.find((/** @type {any} */ { kind }) => kind === "gauge" || kind === "counter");
    const began = past?.stretches[0]?.from ?? now;
    let readings = first ? await this.#readings(first.id, now - TEN_YEARS, now) : null;
    const earliest = Math.min(began, readings?.points[0]?.[0] ?? began);
    if (readings) readings = await this.#readings(first.id, earliest, now);
    if (past) this.overview.take(earliest, past.stretches, readings);
    byId("overview").hidden = !past || earliest >= now;
  }

  async #readings(/** @type {number} */ series, /** @type {number} */ from, /** @type {number} */ to) {
    // It may have been deleted while the answer before was on its way.
    if (this.device.removed || !this.device.series.some((/** @type {any} */ { id }) => id === series)) return null;
    try {
      return (await get(`/api/v1/readings/?series=${series}&from=${Math.floor(from)}&to=${Math.ceil(to)}&points=${MOST}`)).series[0];
    } catch {
      return null; // the states are shown without them
    }
  }

  /** Each second: the window moves on, and what it says grows old. */
  tick() {
    this.draw();
    if (this.timeLine.live && !document.hidden && performance.now() - this.readAt > AGAIN) this.#read();
  }

  draw() {
    this.lane.draw();
    this.overview.draw();
  }
}
