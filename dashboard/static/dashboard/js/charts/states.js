/** What a boolean or a text was, and from when to when: each value holds until the next, or until its device is away. Pure. */

export const MIXED = "on and off"; // of a boolean within a bucket

/**
 * @typedef {{from: number, to: number, word: string, since: number}} State  `since`: its first reading, maybe before `from`
 * @typedef {{at: number, until: number, word: string, holds: boolean}} Statement
 */

/** @param {number} value of a boolean */
const onOff = (value) => (value ? "on" : "off");

/**
 * @param {import("./points.js").Points} points @param {boolean} boolean
 * @returns {Statement[]} what was said when, in order
 */
function statements(points, boolean) {
  /** @type {Statement[]} */ const found = [];
  const write = (/** @type {number|string} */ value) => (typeof value === "number" && boolean ? onOff(value) : String(value));
  for (const [at, value, low, high, , start] of points.rows) {
    // A point the server merged for a slow viewer carries the last of its values; a bucket has no last.
    const mixed = start !== null && low !== high;
    const until = start === null ? at : start + (points.bucket ?? 0);
    found.push({ at: start ?? at, until, word: !mixed ? write(value) : boolean ? MIXED : `${low} … ${high}`, holds: !mixed });
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
  if (before) {
    // Between it and the history nothing is loaded: it holds if the device is there where the history begins.
    const begin = Math.max(before[0], Math.min(loaded?.from ?? before[0], said[0]?.at ?? Infinity));
    const word = typeof before[1] === "number" && boolean ? onOff(before[1]) : String(before[1]);
    said.unshift({ at: before[0], until: begin, word, holds: true });
  }
  /** @type {State[]} */ const found = [];
  said.forEach(({ at, until, word, holds }, i) => {
    const next = said[i + 1]?.at ?? Infinity;
    const end = Math.min(next, holds ? Math.max(until, heard.holdsUntil(until)) : until);
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
