/** What a replay adds up to, over all its targets, in words. Pure. */

import { counted, duration, number } from "../page/format.js";
import { t } from "../page/language.js";

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
  const span = days === 1 ? t("In the last 24 hours") : t("In the last {days} days", { days });
  const cut = sums.cut ? t(" {cut} had too many readings to be judged to the end.", { cut: counted(sums.cut, "target") }) : "";
  if (!sums.fired) return t("{span}: it would not have fired.{cut}", { span, cut });
  const parts = [
    sums.fired === 1 ? t("once") : t("{fired} times", { fired: number(sums.fired, 0) }),
    ...(of > 1 ? [t("for {targets} of {of}", { targets: number(sums.targets, 0), of: number(of, 0) })] : []),
    t("{stood} in all", { stood: duration(sums.stood) }),
    ...(sums.short ? [t("{short} under {limit}", { short: number(sums.short, 0), limit: SHORT })] : []),
    ...(sums.flapped ? [t("{flapped} flapping", { flapped: number(sums.flapped, 0) })] : []),
    sums.night ? t("at most {night} a night", { night: number(sums.night, 0) }) : t("none at night"),
  ];
  return `${span}: ${parts.join(", ")}.${cut}`;
}
