/**
 * Instants in a field of date and time (`datetime-local`), which holds what clocks show and no offset: those of the page's zone.
 * To read one as a `Date` would take it for the browser's own zone, and be hours off where another is shown.
 */

import { instantOf, shownAt } from "./zone.js";

const TO_SECOND = 19; // characters of "2026-11-22T06:00:00"
const TO_MINUTE = 16;

/** What the field shows for an instant. @param {number} at @param {{seconds?: boolean}} [how] */
export const fieldText = (at, { seconds = false } = {}) => shownAt(at).toISOString().slice(0, seconds ? TO_SECOND : TO_MINUTE);

/** The instant a field shows; null where it is empty or no time. @param {string} text @returns {number|null} ms */
export function fieldInstant(text) {
  const shown = Date.parse(`${text}Z`);
  return Number.isNaN(shown) ? null : instantOf(shown);
}
