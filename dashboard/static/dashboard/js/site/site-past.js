/** What each device of a site was in the last 24 hours, as a lane in its row: one request for all of them. */

import { atRest } from "../page/at-rest.js";
import { get } from "../page/rest.js";
import { Marks } from "../time/marks.js";
import { StatusLane } from "../time/status-lane.js";
import { serverNow } from "../time/clock.js";

const DAY = 86_400_000; // ms
const MOST = 200; // stretches of a device: a lane has no more pixels for them
const SOON = 2_000; // ms: many changes are one read, and what they change is written by then
const AT_MOST = 10_000; // ms until it is read, although they never stop
const NO_MARKS = new Marks();

/** @typedef {import("./site-device.js").SiteDevice} SiteDevice */

export class SitePast {
  /** @param {() => string} slug of the site @param {Map<string, SiteDevice>} devices by uid */
  constructor(slug, devices) {
    this.slug = slug;
    this.devices = devices;
    const now = serverNow();
    this.day = { from: now - DAY, to: now };
    /** @type {WeakMap<SiteDevice, StatusLane>} */ this.lanes = new WeakMap();
    this.asked = 0; // counts reads: the answer of an older one is not shown
    this.soon = atRest(() => this.read(), SOON, AT_MOST);
  }

  async read() {
    const asked = ++this.asked;
    const from = Math.round(serverNow()) - DAY;
    let answer;
    try {
      answer = await get(`/api/v1/presence/?site=${encodeURIComponent(this.slug())}&from=${from}&most=${MOST}`);
    } catch {
      return; // lanes keep what they have; the next read comes by itself
    }
    if (asked !== this.asked) return;
    this.day = { from: answer.from, to: answer.to };
    for (const { device: uid, stretches } of answer.devices) {
      const device = this.devices.get(uid);
      if (device) this.#laneOf(device).take(stretches);
    }
  }

  #laneOf(/** @type {SiteDevice} */ device) {
    const held = this.lanes.get(device);
    if (held) return held;
    const area = device.lane;
    const lane = new StatusLane(area, NO_MARKS, { bounds: () => this.day, now: serverNow });
    this.lanes.set(device, lane);
    area.addEventListener("pointermove", (event) => {
      area.title = lane.said(lane.at(lane.timeAt(event.clientX)).stretch);
    });
    return lane;
  }
}
