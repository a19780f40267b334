/** What the fleet page asks the live socket for: all of what is in view, one pulse of everything else. */

import { connection } from "../live/live.js";

export const IN_VIEW = 1; // subscription: every value of the tiles in view
const PULSES = 2; // first subscription of pulses: one series a device, so that unseen ones do not look silent
const MAX_SERIES = 500; // series of one subscription

export class FleetFeed {
  constructor() {
    /** @type {Set<number>} */ this.subscribed = new Set();
    /** @type {Map<number, string>} */ this.pulses = new Map();
  }

  /** @param {Set<import("./fleet-device.js").FleetDevice>} inView @param {Iterable<import("./fleet-device.js").FleetDevice>} all */
  follow(inView, all) {
    const wanted = [...inView].flatMap((device) => device.series.map((s) => s.id)).slice(0, MAX_SERIES);
    if (wanted.some((id) => !this.subscribed.has(id))) {
      this.subscribed = new Set(wanted);
      this.again();
    }
    this.#listen([...all].flatMap((device) => device.series.slice(0, 1).map((s) => s.id)));
  }

  /** Ask for what is in view with its history. */
  again() {
    connection.subscribe(IN_VIEW, { series: [...this.subscribed], since: "15m", points: 40, every: 1000 });
  }

  #listen(/** @type {number[]} */ pulses) {
    let id = PULSES;
    for (let start = 0; start < pulses.length; start += MAX_SERIES, id += 1) {
      const series = pulses.slice(start, start + MAX_SERIES);
      if (this.pulses.get(id) === series.join()) continue;
      this.pulses.set(id, series.join());
      // In the background too: the title and the badge count problems while the tab is hidden.
      connection.subscribe(id, { series, every: 2000 }, { background: true });
    }
    for (const old of [...this.pulses.keys()].filter((held) => held >= id)) {
      this.pulses.delete(old);
      connection.unsubscribe(old);
    }
  }
}
