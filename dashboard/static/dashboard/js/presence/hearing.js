import { silentAfter } from "./presence.js";

/**
 * When a device was last heard, from what the server knows and from live readings, which carry only
 * their own time. Pure.
 *
 * A reading that is not newer than the newest one came late, from a backlog or a replay: it says nothing
 * about now. A newer one is taken to be as old as the device's newest was when the server last heard it,
 * so a clock that is behind or ahead does not matter.
 */
export class Hearing {
  constructor() {
    /** @type {number|null} receive time, ms */ this.heard = null;
    /** @type {number|null} the newest reading's own time, ms */ this.newest = null;
    this.lag = 0; // ms a reading is received after its own time
  }

  /** What the server says. @param {number|null} lastSeen @param {number|null} newest */
  tell(lastSeen, newest) {
    if (lastSeen !== null) {
      this.heard = Math.max(this.heard ?? lastSeen, lastSeen);
      if (newest !== null) this.lag = lastSeen - newest;
    }
    if (newest !== null) this.newest = Math.max(this.newest ?? newest, newest);
  }

  /** A live reading. @param {number} at its own time @param {number} now */
  reading(at, now) {
    if (this.newest !== null && at <= this.newest) return;
    this.newest = at;
    const heard = Math.min(now, at + this.lag);
    this.heard = Math.max(this.heard ?? heard, heard);
  }
}

/** The newest time among series as REST lists them. @param {{latest?: [number, any]|null}[]} series */
export function newestOf(series) {
  const times = series.flatMap(({ latest }) => (latest ? [latest[0]] : []));
  return times.length ? Math.max(...times) : null;
}

/**
 * Series the server judged silent while others of their device went on, with the time of their newest
 * reading: of a device that fell silent as a whole it says nothing about one sensor.
 * @param {any[]} series as in `GET fleet/` @param {number} expectedInterval seconds @returns {Map<number, number>}
 */
export function silentAmong(series, expectedInterval) {
  const newest = newestOf(series) ?? 0;
  const silent = series.filter((s) => s.state?.name === "silent" && newest - s.latest[0] > silentAfter(expectedInterval));
  return new Map(silent.map((s) => [s.id, s.latest[0]]));
}
