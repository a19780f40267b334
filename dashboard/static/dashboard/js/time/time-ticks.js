/** Ticks of a time axis on round local times, so that they travel with the line and do not jump. Pure. */

import { DAY, HOUR, MINUTE, SECOND, ahead, beginsDay, changes } from "./zone.js";
import { clock, dayAndMonth, hourAndMinute } from "./moment.js";

const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 7].map((n) => n * DAY));
const LARGEST = STEPS[STEPS.length - 1];
const WIDEST = 3660 * DAY; // ten years, the widest history there is

/**
 * At most about `most` instants in [from, to], strictly increasing.
 *
 * The offset of the zone is constant between two changes of the clocks, so each such stretch is divided on its own:
 * walking on from one tick to the next by local time stands still where an hour is skipped.
 * @param {number} from @param {number} to @param {number} most @returns {{step: number, values: number[]}}
 */
export function timeTicks(from, to, most) {
  const width = to - from;
  if (!(width > 0 && width <= WIDEST) || !(most >= 1)) return { step: SECOND, values: [] };
  const step = STEPS.find((candidate) => width / candidate <= most) ?? LARGEST * Math.ceil(width / LARGEST / most);
  /** @type {number[]} */ const values = [];
  let start = Math.ceil(from);
  for (const end of [...changes(start, to), Infinity]) {
    const shift = ahead(start);
    const first = Math.ceil((start + shift) / step) * step - shift;
    for (let at = first; at <= to && at < end; at += step) values.push(at);
    if (end <= to) addSkipped(values, end, step);
    start = end;
  }
  return { step, values: values.filter((at) => !again(at, step)) };
}

/** Where the clocks skip a midnight the day begins at the change itself. */
function addSkipped(/** @type {number[]} */ values, /** @type {number} */ change, /** @type {number} */ step) {
  if (step < DAY || !beginsDay(change)) return;
  const last = Math.floor((change + ahead(change)) / step) * step; // the local time a tick was due at
  if (last >= change + ahead(change - 1) && last < change + ahead(change)) values.push(change);
}

/** Whether a tick stands in an hour that comes the second time, and the steps are longer than what is repeated: the two
 * would stand on each other. @param {number} at @param {number} step */
function again(at, step) {
  if (step >= DAY) return !beginsDay(at);
  const [change] = changes(at - DAY, at).slice(-1);
  if (change === undefined) return false;
  const back = ahead(change - 1) - ahead(change);
  return back > 0 && back < step && at < change + back;
}

/** @param {number} at a tick @param {number} step between ticks, ms */
export function tickLabel(at, step) {
  if (step >= DAY || (step >= HOUR && beginsDay(at))) return dayAndMonth(at);
  return step < MINUTE ? clock(at) : hourAndMinute(at);
}
