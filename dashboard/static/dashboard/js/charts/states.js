/** What a boolean or a text was, and from when to when: each value holds until the next, or until its device is away. Pure. */

import { t } from "../page/language.js";

const ON = t("on");
export const OFF = t("off");
export const MIXED = t("on and off"); // of a boolean within a bucket

/**
 * @typedef {{from: number, to: number, word: string, since: number}} State  `since`: its first reading, maybe before `from`
 * @typedef {{at: number, until: number, word: string, holds: boolean}} Statement
 */

/** @param {number|string} value @param {boolean} boolean whether a number is one */
const write = (value, boolean) => (typeof value === "number" && boolean ? (value ? ON : OFF) : String(value));

/**
 * @param {import("./points.js").Points} points @param {boolean} boolean
 * @returns {Statement[]} what was said when, in order
 */
function statements(points, boolean) {
  /** @type {Statement[]} */ const found = [];
  for (const [at, value, low, high, , start] of points.rows) {
    // A point the server merged for a slow viewer carries the last of its values; a bucket has no last.
    const mixed = start !== null && low !== high;
    const until = start === null ? at : start + (points.bucket ?? 0);
    found.push({ at: start ?? at, until, word: !mixed ? write(value, boolean) : boolean ? MIXED : `${low} … ${high}`, holds: !mixed });
  }
  for (const [first, last, text] of points.texts) found.push({ at: first, until: last, word: text, holds: true });
  return found.sort((a, b) => a.at - b.at);
}

/**
 * The states in [from, to].
 * @param {import("./points.js").Points} points @param {{boolean: boolean, from: number, to: number, heard: import("./heard.js").Heard}} options
 * @returns {State[]}
 */
export function states(points, { boolean, from, to, heard }) {
  const said = statements(points, boolean);
  const { before, loaded } = points;
  if (before && before[0] < (said[0]?.at ?? Infinity)) said.unshift({ at: before[0], until: before[0], word: write(before[1], boolean), holds: true });
  /** @type {State[]} */ const found = [];
  said.forEach(({ at, until, word, holds }, i) => {
    const next = said[i + 1]?.at ?? Infinity;
    // Before the history begins nothing of the device is here: a value holds if the device is there where it begins.
    const begin = Math.max(until, Math.min(next, loaded?.from ?? until));
    const end = Math.min(next, holds ? heard.holdsUntil(begin) : until);
    const last = found[found.length - 1];
    if (last && last.word === word && at <= last.to) last.to = Math.max(last.to, end);
    else found.push({ from: at, to: end, word, since: at });
  });
  return found.filter((state) => state.to > from && state.from <= to)
    .map((state) => ({ ...state, from: Math.max(from, state.from), to: Math.min(to, state.to) }));
}

/** @param {State[]} found in order @param {number} time */
export const stateAt = (found, time) => found.findLast((state) => state.from <= time && time <= state.to) ?? null;

/** The words of states in order of appearance, each once. @param {State[]} found */
export const wordsOf = (found) => [...new Set(found.map(({ word }) => word))];
