import { isAhead, silentAfter } from "./presence.js";

/**
 * When a device was last heard, from what the server knows and from live readings, which carry only
 * their own time. Pure.
 *
 * A reading that is not newer than the newest one came late, from a backlog or a replay: it says nothing
 * about now. Nor does one that is ahead even of the device's own clock. Any other was heard at its time, less
 * what the server knows that clock to be ahead.
 */
export class Hearing {
  constructor() {
    /** @type {number|null} receive time, ms */ this.heard = null;
    /** @type {number|null} the newest reading's own time, ms */ this.newest = null;
    this.lead = 0; // ms the device's clock is ahead of ours
  }

  /** What the server says. @param {{last_seen: number|null, lead?: number}|null|undefined} presence @param {number|null} newest */
  tell(presence, newest) {
    if (presence && presence.last_seen !== null) this.heardAt(presence.last_seen);
    if (presence?.lead !== undefined) this.lead = presence.lead;
    if (newest !== null) this.newest = Math.max(this.newest ?? newest, newest);
  }

  /** A beat. @param {number} at when it was heard, ms */
  heardAt(at) {
    this.heard = Math.max(this.heard ?? at, at);
  }

  /** A live reading. @param {number} at its own time @param {number} now */
  reading(at, now) {
    if (isAhead(at, this.lead, now) || (this.newest !== null && at <= this.newest)) return;
    this.newest = at;
    this.heardAt(Math.min(now, at - this.lead));
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
 * @param {any[]} series as in `GET fleet/` @returns {Map<number, number>}
 */
export function silentAmong(series) {
  const newest = newestOf(series) ?? 0;
  const silent = series.filter((s) => s.state?.name === "silent" && newest - s.latest[0] > silentAfter(s.interval));
  return new Map(silent.map((s) => [s.id, s.latest[0]]));
}
