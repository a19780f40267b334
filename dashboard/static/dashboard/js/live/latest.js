/** The newest reading of each series, as the store has it: of two at one instant the first that came stays. Pure. */

/** @typedef {[number, number|string]} Reading  ms and value */

/**
 * The newest point of a frame, of two at one instant the first; frames hold what came late as well, so it need not be the last.
 * @param {[number, number|string, ...number[]][]} points at least one
 */
export function newestPoint(points) {
  return points.reduce((newest, point) => (point[0] > newest[0] ? point : newest));
}

export class Latest {
  /** @type {Map<number, Reading>} */ #held = new Map();

  /** @param {number} series */
  get(series) {
    return this.#held.get(series);
  }

  /** A live reading. @param {number} series @param {[number, number|string, ...number[]]} point @returns {boolean} whether it is the newest now */
  live(series, point) {
    const held = this.#held.get(series);
    if (held && held[0] >= point[0]) return false;
    this.#held.set(series, [point[0], point[1]]);
    return true;
  }

  /** What the store answers, which is right about its instant; what came live since is newer.
   * @param {number} series @param {[number, number|string, ...number[]]|null|undefined} point @returns {boolean} whether it is the newest now */
  stored(series, point) {
    const held = this.#held.get(series);
    if (!point || (held && held[0] > point[0])) return false;
    this.#held.set(series, [point[0], point[1]]);
    return true;
  }
}
