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
  /** @type {Set<number>} */ #doubted = new Set();

  /** @param {number} series */
  get(series) {
    return this.#held.get(series);
  }

  /** A live reading. @param {number} series @param {[number, number|string, ...number[]]} point @returns {boolean} whether it is the newest now */
  live(series, point) {
    const held = this.#held.get(series);
    if (held && held[0] >= point[0]) return false;
    this.#held.set(series, [point[0], point[1]]);
    this.#doubted.delete(series);
    return true;
  }

  /** The history of these changed: what is held may be no more. So the store is right also about what is older than it, or about none,
   * until something newer comes. @param {Iterable<number>} series */
  doubt(series) {
    for (const id of series) this.#doubted.add(id);
  }

  /** What the store answers, which is right about its instant; what came live since is newer.
   * @param {number} series @param {[number, number|string, ...number[]]|null|undefined} point @returns {boolean} whether it is what is held now */
  stored(series, point) {
    const held = this.#held.get(series);
    if (this.#doubted.has(series)) {
      if (!point) return this.#held.delete(series);
    } else if (!point || (held && held[0] > point[0])) return false;
    this.#held.set(series, [point[0], point[1]]);
    return true;
  }
}
