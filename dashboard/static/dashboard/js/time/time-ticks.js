/** Ticks of a time axis on round local times, so that they travel with the line and do not jump. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 7].map((n) => n * DAY));

/** @param {number} from @param {number} to @param {number} most ticks @returns {{step: number, values: number[]}} */
export function timeTicks(from, to, most) {
  const step = STEPS.find((candidate) => (to - from) / candidate <= most) ?? STEPS[STEPS.length - 1];
  const values = [];
  // Rounding in local time; a day with a clock change re-aligns at each tick.
  const shift = (/** @type {number} */ at) => new Date(at).getTimezoneOffset() * MINUTE;
  let at = Math.ceil((from - shift(from)) / step) * step + shift(from);
  while (at <= to) {
    values.push(at);
    const next = at + step;
    at = next + shift(next) - shift(at);
  }
  return { step, values };
}

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");

/** @param {number} at @param {number} step */
export function tickLabel(at, step) {
  const d = new Date(at);
  const midnight = d.getHours() === 0 && d.getMinutes() === 0 && d.getSeconds() === 0;
  if (step >= DAY || (midnight && step >= HOUR)) return d.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const minutes = `${two(d.getHours())}:${two(d.getMinutes())}`;
  return step < MINUTE ? `${minutes}:${two(d.getSeconds())}` : minutes;
}
