/** What the fleet page asks the live socket for: the values of what is in view and of what has limits, and when each device was heard. */

export const IN_VIEW = 1; // subscription: every value of the tiles in view, with a history
export const LIMITED = 2; // subscription: every value that has a limit, wherever its tile is
export const TOLD = 3; // subscription: what the problems on top are about, with a finer history
const MAX_SERIES = 500; // series of the first
const MAX_LIMITED = 4_000; // series of the second; a socket has at most 10 000

/** @typedef {import("./fleet-device.js").FleetDevice} FleetDevice */

export class FleetFeed {
  /** @param {import("../live/connection.js").LiveConnection} connection */
  constructor(connection) {
    this.connection = connection;
    /** those whose lines are asked for @type {Set<FleetDevice>} */ this.drawn = new Set();
    connection.follow(null);
  }

  #held(/** @type {number} */ id) {
    return new Set(this.connection.subscriptions.get(id)?.request.series);
  }

  /** @param {Iterable<FleetDevice>} inView */
  follow(inView) {
    const devices = new Set(inView);
    const wanted = [...devices].flatMap((device) => device.series.map((s) => s.id)).slice(0, MAX_SERIES);
    const held = this.#held(IN_VIEW);
    const isDrawn = [...devices].every((device) => device.drawn); // not, when it was removed and came back
    if (isDrawn && wanted.every((id) => held.has(id))) return;
    for (const device of this.drawn) if (!devices.has(device)) device.draw(false);
    for (const device of devices) device.draw(true);
    this.drawn = devices;
    this.connection.subscribe(IN_VIEW, { series: wanted, since: "15m", points: 40, every: 1000 });
  }

  /** @param {Iterable<FleetDevice>} devices all there are */
  judge(devices) {
    const wanted = [...devices].flatMap((device) => device.limited).slice(0, MAX_LIMITED);
    const held = this.#held(LIMITED);
    if (wanted.length === held.size && wanted.every((id) => held.has(id))) return;
    if (wanted.length) this.connection.subscribe(LIMITED, { series: wanted, every: 2000 });
    else this.connection.unsubscribe(LIMITED);
  }

  /** @param {number[]} series of the problems that are shown */
  tell(series) {
    const held = this.#held(TOLD);
    if (series.every((id) => held.has(id))) return;
    this.connection.subscribe(TOLD, { series: [...new Set(series)], since: "15m", points: 400, every: 1000 });
  }

  /** Ask for what is in view with its history. */
  again() {
    this.connection.again(IN_VIEW);
  }
}
