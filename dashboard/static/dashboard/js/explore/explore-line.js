/** The explore page's time line: of series that come and go, with those of another time beside them, whose ids are negative. */

import { Before } from "./before.js";
import { TimeLine } from "../time/time-line.js";

export class ExploreLine extends TimeLine {
  /** @param {import("../time/time-line.js").World} world */
  constructor(world) {
    super([], world);
    this.before = new Before({
      get: world.get, bounds: () => this.bounds(), live: () => this.live,
      changed: (failed) => {
        this.generation += 1;
        this.dispatchEvent(new CustomEvent(failed ? "failed" : "compared", { detail: failed }));
      },
    });
    this.addEventListener("span", () => this.before.tick());
  }

  /** @param {number} id @override */
  points(id) {
    return id < 0 ? this.before.points(-id) : super.points(id);
  }

  /** @param {number} id @returns {[number, number][]} @override */
  unknown(id) {
    return id < 0 ? [] : super.unknown(id);
  }

  /** @param {number[]} series @override */
  follow(series) {
    const isNew = series.some((id) => !this.series.includes(id));
    super.follow(series);
    if (isNew) this.loading = true;
    if (isNew && !this.live) this.retry(); // a range is read once
  }
}
