/** The points a page holds of its series: those that go on live, those of a range that is looked at, and where live ones may be missing. Pure. */

import { missing } from "./missing.js";
import { Points } from "../charts/points.js";

/** An answer or a snapshot with histories. @typedef {{series: any[], from: number, to: number}} Histories `from`, `to`: ms */

export class PagePoints {
  /** by series @type {Map<number, Points>} */ #live = new Map();
  /** by series @type {Map<number, Points>} */ #range = new Map();
  /** live readings may be missing from here, and to here once they come again; ms
   * @type {{from: number, to: number|null}|null} */ #hole = null;

  /** @param {number} id of a series @returns {Points} */
  live(id) {
    const points = this.#live.get(id) ?? new Points();
    this.#live.set(id, points);
    return points;
  }

  /** Those of the range, or the live ones while it loads. @param {number} id of a series @returns {Points} */
  range(id) {
    return this.#range.get(id) ?? this.live(id);
  }

  /** The parts of a window in which readings of a series may be missing here. @param {number} id @param {Points} points of it, those that are drawn
   * @param {{from: number, to: number}} window ms @param {number} knownUntil ms */
  missing(id, points, window, knownUntil) {
    return missing(window, points, { knownUntil, hole: this.#hole, fixed: points === this.#range.get(id) });
  }

  /** Nothing live comes for now. @param {number} knownUntil ms */
  interrupt(knownUntil) {
    if (this.#hole) this.#hole.to = null;
    else this.#hole = { from: knownUntil, to: null };
  }

  /** Live points. @param {Record<string, any[]>} d by series @param {number} now ms */
  add(d, now) {
    if (this.#hole?.to === null) this.#hole.to = now;
    for (const [id, points] of Object.entries(d)) this.#live.get(Number(id))?.add(points);
  }

  /** The history of the live ones. @param {Histories} histories @param {boolean} isWhole whether none is still on its way: nothing is missing then */
  load({ series, from, to }, isWhole) {
    for (const history of series) this.live(history.id).load(history, to, from);
    if (isWhole) this.#hole = null;
  }

  /** @param {Histories} histories of the range */
  loadRange({ series, from, to }) {
    for (const history of series) {
      const points = new Points();
      points.load(history, to, from);
      this.#range.set(history.id, points);
    }
  }

  leaveRange() {
    this.#range.clear();
  }

  /** Paused: the picture stays as it is while live points go on arriving behind it. @param {number} knownUntil ms */
  freeze(knownUntil) {
    for (const [id, points] of this.#live) {
      const copy = points.copy();
      if (copy.loaded) copy.loaded.to = knownUntil;
      this.#range.set(id, copy);
    }
  }

  /** Forget live ones. @param {number} from ms, what lies before it */
  trim(from) {
    for (const points of this.#live.values()) points.trim(from);
  }

  /** The widest buckets among the live ones, ms; 0 when all are raw. */
  get bucket() {
    return Math.max(0, ...[...this.#live.values()].map(({ bucket }) => bucket ?? 0));
  }

  /** Whether a live series outgrew its history. @param {number} most points of a history @param {number} fresh points that came live */
  hasMore(most, fresh) {
    return [...this.#live.values()].some((points) => points.fresh > fresh && points.rows.length + points.texts.length > most);
  }
}
