/** Newest values whose history changed: no frame carries what a correction, an import or a replay did, so they are asked for by name. */

import { inTurn } from "../page/in-turn.js";

const MOST = 300; // series asked for by name; of more the whole fleet is read
const SOON = 500; // ms: many changes are one read

export class Amends {
  /**
   * @param {import("./fleet-roster.js").FleetRoster} roster
   * @param {{get: (address: string) => Promise<any>, whole: () => void, shown: () => void, later: (act: () => void, ms: number) => any}} world
   *   `whole`: reads the fleet; `shown`: told when values have changed
   */
  constructor(roster, world) {
    this.roster = roster;
    this.world = world;
    /** @type {Set<number>} */ this.asked = new Set();
    this.waits = false;
    this.read = inTurn(() => this.#read());
  }

  /** Nobody knows which: the fleet is read as a whole then. */
  doubtAll() {
    for (const device of this.roster.devices.values()) device.latest.doubt(device.bySeries.keys());
  }

  /** @param {number[]} series whose history changed */
  of(series) {
    for (const id of series) {
      const device = this.roster.bySeries.get(id);
      if (!device) continue;
      device.latest.doubt([id]);
      this.asked.add(id);
    }
    if (!this.asked.size || this.waits) return;
    this.waits = true;
    this.world.later(() => {
      this.waits = false;
      this.read();
    }, SOON);
  }

  async #read() {
    const ids = [...this.asked].filter((id) => this.roster.bySeries.has(id));
    this.asked.clear();
    if (ids.length > MOST) return this.world.whole();
    if (!ids.length) return;
    try {
      const { series } = await this.world.get(`/api/v1/readings/latest/?series=${ids.join()}`);
      for (const one of series) this.roster.amend(one.id, one.latest);
    } catch {
      this.world.whole(); // one of them may be gone; and it says what is wrong
      return;
    }
    this.world.shown();
  }
}
