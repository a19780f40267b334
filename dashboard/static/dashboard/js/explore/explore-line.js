/** The explore page's time line: of series that come and go, with those of another time beside them, whose ids are negative, and in buckets of an
 * interval where one is chosen. */

import { Beside } from "./beside.js";
import { Points } from "../charts/points.js";
import { TimeLine } from "../time/time-line.js";
import { zoneName } from "../time/zone.js";

export class ExploreLine extends TimeLine {
  /** @param {import("../time/time-line.js").World} world */
  constructor(world) {
    super([], world);
    const around = {
      get: world.get, bounds: () => this.bounds(), live: () => this.live, zone: zoneName, now: world.now,
      changed: (/** @type {string} */ failed) => {
        this.generation += 1;
        this.dispatchEvent(new CustomEvent(failed ? "failed" : "beside", { detail: failed }));
      },
    };
    /** of another time */ this.before = new Beside(around);
    /** in buckets of an interval */ this.buckets = new Beside(around);
    this.addEventListener("span", () => this.tick());
  }

  /** @param {import("./view-text.js").View} view @param {number[]} numbers ids of series of numbers */
  besides(view, numbers) {
    this.before.follow(view.shift, view, view.shift ? numbers : []);
    this.buckets.follow("", view, view.interval ? numbers : []);
    this.generation += 1; // other points may have the version of those that were drawn
  }

  /** @override */
  tick() {
    super.tick();
    this.before.tick();
    this.buckets.tick();
  }

  /** Read anew: what is stored has changed. */
  again() {
    this.before.again();
    this.buckets.again();
    if (this.live) this.subscribe();
  }

  /** @param {number} id @override */
  points(id) {
    if (id < 0) return this.before.points(-id) ?? new Points();
    return this.buckets.points(id) ?? super.points(id);
  }

  /** @param {number} id @returns {[number, number][]} @override */
  unknown(id) {
    return id < 0 || this.buckets.points(id) ? [] : super.unknown(id);
  }

  /** @param {number[]} series @override */
  follow(series) {
    const isNew = series.some((id) => !this.series.includes(id));
    super.follow(series);
    if (isNew) this.loading = true;
    if (isNew && !this.live) this.retry(); // a range is read once
  }
}
