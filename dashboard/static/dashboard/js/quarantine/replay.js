/** Replays of quarantined messages and what became of them, in words. */

import { counted, number } from "../page/format.js";
import { t } from "../page/language.js";

/**
 * @typedef {{replayed: number, stored: number, partial: number, still_bad: number, cut: number, readings: number, more: boolean}} Summary
 */

/** @param {Summary} summary @returns {string} one sentence */
export function outcome({ replayed, stored, partial, still_bad: bad, cut, readings }) {
  if (!replayed) return t("There was nothing to replay.");
  const words = [
    [stored, t("stored with {readings}", { readings: counted(readings, "new reading") })], [partial, t("stored in part")],
    [bad, t("still bad")], [cut, t("cut, so not replayable")],
  ].filter(([count]) => count).map(([count, word]) => `${number(Number(count), 0)} ${word}`);
  return t("{replayed} replayed: {words}.", { replayed: number(replayed, 0), words: words.join(", ") });
}

/** @param {Summary} a @param {Summary} b @returns {Summary} */
export function added(a, b) {
  const sum = (/** @type {"replayed"|"stored"|"partial"|"still_bad"|"cut"|"readings"} */ key) => a[key] + b[key];
  return {
    replayed: sum("replayed"), stored: sum("stored"), partial: sum("partial"), still_bad: sum("still_bad"), cut: sum("cut"),
    readings: sum("readings"), more: b.more,
  };
}

/** @type {Readonly<Summary>} */
export const NOTHING = Object.freeze({ replayed: 0, stored: 0, partial: 0, still_bad: 0, cut: 0, readings: 0, more: false });

/** Replay a selection to its end, or until nothing more of it can be stored.
 * @param {(method: "POST", path: string, body?: any) => Promise<Summary>} send
 * @param {Record<string, string|number>|undefined} selection as `path` takes it
 * @param {(sum: Summary) => void} told after each request, also when the next one fails @param {string} [path]
 */
export async function replay(send, selection, told, path = "/api/v1/quarantine/replay/") {
  let sum = NOTHING;
  let last;
  do {
    last = await send("POST", path, selection);
    sum = added(sum, last);
    told(sum);
  } while (last.more && last.stored > 0); // each request begins with the oldest: bad ones alone would come again for ever
  return sum;
}
