/** What the fleet page asks the live socket for: the values of what is in view, and when each device was heard. */

export const IN_VIEW = 1; // subscription: every value of the tiles in view
const MAX_SERIES = 500; // series of it

export class FleetFeed {
  /** @param {import("../live/connection.js").LiveConnection} connection */
  constructor(connection) {
    this.connection = connection;
    connection.follow(null);
  }

  /** @param {Set<import("./fleet-device.js").FleetDevice>} inView */
  follow(inView) {
    const wanted = [...inView].flatMap((device) => device.series.map((s) => s.id)).slice(0, MAX_SERIES);
    const held = new Set(this.connection.subscriptions.get(IN_VIEW)?.request.series);
    if (wanted.some((id) => !held.has(id))) {
      this.connection.subscribe(IN_VIEW, { series: wanted, since: "15m", points: 40, every: 1000 });
    }
  }

  /** Ask for what is in view with its history. */
  again() {
    this.connection.again(IN_VIEW);
  }
}
