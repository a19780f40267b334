/**
 * The calendar of the viewer's zone: what its clocks show at an instant, and where they are changed. Pure but for the
 * zone itself, which the browser knows. Everything that writes or divides local time asks here; nothing else reads
 * `getTimezoneOffset`.
 */

export const SECOND = 1000; // ms
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const LOOK = 6 * HOUR; // between two looks for a change of clocks: no zone changes them twice so soon

/** What the local clock is ahead of UTC, ms. @param {number} at */
export const ahead = (at) => -new Date(at).getTimezoneOffset() * MINUTE;

/**
 * The instants in (from, to] at which the clocks are changed.
 * @param {number} from @param {number} to @returns {number[]}
 */
export function changes(from, to) {
  const found = [];
  for (let left = Math.floor(from); left < to; left += LOOK) {
    let low = left;
    let high = Math.min(left + LOOK, Math.floor(to));
    if (ahead(low) === ahead(high)) continue;
    const before = ahead(low);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ahead(middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

/** Whether the local clock shows this time twice, here or at another instant of the day. @param {number} at */
export function repeated(at) {
  const own = ahead(at);
  return [at - DAY, at + DAY].some((near) => {
    const other = ahead(near);
    return other !== own && ahead(at + own - other) === other;
  });
}

const date = (/** @type {number} */ at) => Math.floor((at + ahead(at)) / DAY);

/** Whether a day begins here: at midnight, or later where the clocks skip midnight. @param {number} at a whole ms */
export const beginsDay = (at) => date(at) !== date(at - 1);
