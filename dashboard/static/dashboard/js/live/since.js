/** How far back a subscription's history reaches. Pure. */

const UNITS = /** @type {Record<string, number>} */ ({ s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }); // ms

/** "15m" in ms; what has no history reaches back to nothing. @param {string|undefined} since */
export function reach(since) {
  return since === undefined ? 0 : Number(since.slice(0, -1)) * UNITS[since.slice(-1)];
}
