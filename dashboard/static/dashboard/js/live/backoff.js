/** How long to wait before connecting again. Pure. */

const FIRST_DELAY = 500; // ms, doubled with each failure
const MAX_DELAY = 30_000; // ms

/** Full jitter, capped: anywhere between nothing and the doubled delay. @param {number} attempt @param {number} random 0…1 */
export function backoff(attempt, random) {
  return random * Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.min(attempt, 16));
}
