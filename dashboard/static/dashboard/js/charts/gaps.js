/** Where a line breaks: a step longer than the series' own cadence. Pure. */

/** @typedef {import("./points.js").Row} Row */

const FORGIVEN = 1.5; // usual steps: half of one is forgiven as jitter
const AROUND = 5; // steps on each side of one by which its usual length is told
const MERGED_GRACE = 10_000; // ms beside a point the server merged for a slow viewer

/** The longest step that is never a gap, ms. @param {number} expectedInterval seconds @param {number|null} bucket ms */
export const leastGap = (expectedInterval, bucket) => FORGIVEN * Math.max(expectedInterval * 1000, bucket ?? 0);

/** @param {number[]} numbers not empty, sorted in place */
export function median(numbers) {
  numbers.sort((a, b) => a - b);
  return numbers[Math.floor(numbers.length / 2)];
}

const merged = (/** @type {Row} */ row) => row[2] !== null && row[5] === null;

/**
 * Whether the line breaks between a row and the one before it. By the steps around and not by those of the whole
 * window: a series filled in every 10 s and sent every second since is regular in both stretches.
 * @param {Row[]} rows @param {number} index from 1 @param {number} least ms, as `leastGap` gives it
 */
export function isGap(rows, index, least) {
  const step = rows[index][0] - rows[index - 1][0] - (merged(rows[index]) || merged(rows[index - 1]) ? MERGED_GRACE : 0);
  if (step <= least) return false;
  const steps = [];
  for (let i = Math.max(1, index - AROUND); i <= Math.min(rows.length - 1, index + AROUND); i += 1) steps.push(rows[i][0] - rows[i - 1][0]);
  // Of a few steps the longest is not usual because it is one of them.
  return steps.length < 3 || step > FORGIVEN * median(steps);
}

/**
 * The rows in stretches that are drawn as one line each; a text between two numbers ends one as well.
 * @param {Row[]} rows @param {number} least ms @param {import("./points.js").Said[]} [texts] sorted
 * @returns {Row[][]}
 */
export function stretches(rows, least, texts = []) {
  /** @type {Row[][]} */ const found = [];
  let text = 0;
  rows.forEach((row, i) => {
    let apart = i === 0 || isGap(rows, i, least);
    while (text < texts.length && texts[text][0] <= row[0]) {
      apart = true;
      text += 1;
    }
    if (apart) found.push([row]);
    else found[found.length - 1].push(row);
  });
  return found;
}
