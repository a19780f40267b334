/** What a replay adds up to, over all its targets, in words. Pure. */

import { counted, duration, number } from "../page/format.js";

const SHORT = "1\u2009min";

/**
 * @typedef {{id: number, series: number|null, device: string, name: string, metric: string, unit: string, kind: string, precision: number|null}} Target
 * @typedef {Target & {episodes: [number, number, number|null][], judged: number, fired: number, stood: number, short: number, flapped: number,
 *   nights: Record<string, number>}} Replayed
 * @typedef {{fired: number, stood: number, short: number, flapped: number, night: number, targets: number, cut: number}} Sums
 */

/** @param {Replayed[]} targets @param {number} stop @returns {Sums} */
export function sumsOf(targets, stop) {
  const nights = /** @type {Map<string, number>} */ (new Map());
  for (const target of targets) for (const [night, many] of Object.entries(target.nights)) nights.set(night, (nights.get(night) ?? 0) + many);
  const sum = (/** @type {(target: Replayed) => number} */ of) => targets.reduce((all, target) => all + of(target), 0);
  return {
    fired: sum((one) => one.fired), stood: sum((one) => one.stood), short: sum((one) => one.short), flapped: sum((one) => one.flapped),
    night: Math.max(0, ...nights.values()), targets: targets.filter((one) => one.fired > 0).length, cut: targets.filter((one) => one.judged < stop).length,
  };
}

/** "In the last 7 days: 4 times, 38 min in all, 2 under 1 min, at most 2 a night." @param {Sums} sums @param {number} days @param {number} of targets judged */
export function sentence(sums, days, of) {
  const span = `In the last ${days === 1 ? "24 hours" : `${days} days`}`;
  const cut = sums.cut ? ` ${counted(sums.cut, "target")} had too many readings to be judged to the end.` : "";
  if (!sums.fired) return `${span}: it would not have fired.${cut}`;
  const parts = [
    sums.fired === 1 ? "once" : `${number(sums.fired, 0)} times`,
    ...(of > 1 ? [`for ${number(sums.targets, 0)} of ${number(of, 0)}`] : []),
    `${duration(sums.stood)} in all`,
    ...(sums.short ? [`${number(sums.short, 0)} under ${SHORT}`] : []),
    ...(sums.flapped ? [`${number(sums.flapped, 0)} flapping`] : []),
    sums.night ? `at most ${number(sums.night, 0)} a night` : "none at night",
  ];
  return `${span}: ${parts.join(", ")}.${cut}`;
}
