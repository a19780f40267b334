/** The same time of another day, week or year, by the clocks of the zone that is shown: a window a day before has 23 or 25 hours
 * where they were changed. Pure but for the zone. */

import { DAY, instantOf, instantsOf, shownAt } from "./zone.js";

/** @typedef {"day"|"week"|"year"} Shift @typedef {import("../charts/points.js").Row} Row @typedef {import("../charts/points.js").Said} Said */

const DAYS = { day: 1, week: 7 };

/** What the clocks show, moved; of a 29 February that the other year lacks nothing. @param {number} shown ms, as UTC @param {Shift} shift @param {1|-1} way */
function moved(shown, shift, way) {
  if (shift !== "year") return shown + way * DAYS[shift] * DAY;
  const date = new Date(shown);
  const month = date.getUTCMonth();
  date.setUTCFullYear(date.getUTCFullYear() + way);
  return date.getUTCMonth() === month ? date.getTime() : null;
}

/** When the clocks showed the same before. @param {number} at ms @param {Shift} shift @returns {number} ms */
export function earlier(at, shift) {
  const shown = shownAt(at).getTime();
  return instantOf(moved(shown, shift, -1) ?? /** @type {number} */ (moved(shown - DAY, shift, -1)));
}

/** When the clocks show the same later: twice in an hour that comes twice, never in one that is left out.
 * @param {number} at ms @param {Shift} shift @returns {number[]} ms */
export function later(at, shift) {
  const shown = moved(shownAt(at).getTime(), shift, 1);
  return shown === null ? [] : instantsOf(shown);
}

/**
 * Rows as if they were measured later, in order; of an hour that came twice then and once now the first.
 * @param {Row[]} rows in order @param {Shift} shift @returns {Row[]}
 */
export function rowsLater(rows, shift) {
  /** @type {Map<number, Row>} */ const found = new Map();
  for (const row of rows) {
    const [at, value, low, high, count, start] = row;
    for (const now of later(at, shift)) {
      if (!found.has(now)) found.set(now, [now, value, low, high, count, start === null ? null : start + (now - at)]);
    }
  }
  return [...found.values()].sort((a, b) => a[0] - b[0]);
}
