import assert from "node:assert/strict";
import test from "node:test";
import { MAX_POINTS, Points } from "../js/charts/points.js";
import { stretches } from "../js/charts/gaps.js";

const raw = (points, before = null) => ({ reduced: false, bucket_ms: null, points, before });
const times = (points) => points.rows.map((row) => row[0]);

test("history and live points merge without a double and without a gap", () => {
  const points = new Points();
  points.add([[3000, 3], [4000, 4]]);
  points.load(raw([[1000, 1], [2000, 2], [3000, 3]]), 3500);
  points.add([[4000, 4], [5000, 5]]);
  assert.deepEqual(times(points), [1000, 2000, 3000, 4000, 5000]);
});
test("loading the same history again changes nothing", () => {
  const points = new Points();
  points.load(raw([[1000, 1], [2000, 2]]), 2000);
  points.load(raw([[1000, 1], [2000, 2]]), 2000);
  assert.deepEqual(points.rows.map((row) => [row[0], row[1]]), [[1000, 1], [2000, 2]]);
});
test("of two live readings at one instant the first stays, as in the store, and what is stored is right", () => {
  const points = new Points();
  points.add([[1000, 1], [1000, 2]]);
  assert.deepEqual(points.rows.map((row) => row[1]), [1]);
  points.load(raw([[1000, 3]]), 2000);
  assert.deepEqual(points.rows.map((row) => row[1]), [3]);
});
test("a point merged for a slow viewer widens the reading at its time", () => {
  const points = new Points();
  points.add([[1000, 5], [1000, 5, 1, 9]]);
  assert.deepEqual(points.rows, [[1000, 5, 1, 9, null, null]]);
});
test("late data lands where it belongs", () => {
  const points = new Points();
  points.add([[1000, 1], [5000, 5], [3000, 3]]);
  assert.deepEqual(times(points), [1000, 3000, 5000]);
});
test("the oldest rows leave when there are too many", () => {
  const points = new Points();
  points.add(Array.from({ length: MAX_POINTS + 10 }, (_, i) => [i, i]));
  assert.equal(points.rows.length, MAX_POINTS);
  assert.equal(points.rows[0][0], 10);
});
test("a window has one neighbour on each side, so that lines run to its edges", () => {
  const points = new Points();
  points.add([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]]);
  assert.deepEqual(points.slice(3, 4).map((row) => row[0]), [2, 3, 4, 5]);
});
test("trimming keeps the row the line enters from", () => {
  const points = new Points();
  points.add([[1, 1], [2, 2], [3, 3], [4, 4]]);
  points.trim(3);
  assert.deepEqual(times(points), [2, 3, 4]);
});
const drawn = (rows, interval, texts) => {
  const points = new Points();
  points.add(rows);
  return stretches(points.rows, points.gapAfter(interval), texts).map((stretch) => stretch.map((row) => row[0]));
};
const every = (step, count, from = 0) => Array.from({ length: count }, (_, i) => [from + i * step, i]);

test("a gap longer than the expected interval breaks the line, jitter does not", () => {
  assert.deepEqual(drawn([[0, 1], [1200, 2], [5000, 3]], 1), [[0, 1200], [5000]]);
  assert.equal(drawn([...every(1000, 20), ...every(1000, 20, 60_000)], 1).length, 2);
});
test("a regular series slower than its device is a line, with its own gaps", () => {
  assert.equal(drawn(every(60_000, 10), 1).length, 1);
  assert.deepEqual(drawn([...every(60_000, 10), ...every(60_000, 10, 1_200_000)], 1).map((run) => run.length), [10, 10]);
});
test("a series that changes its cadence is a line before and after", () => {
  assert.equal(drawn([...every(10_000, 90), ...every(5_000, 180, 900_000)], 5).length, 1);
});
test("a number after a text does not join the one before it", () => {
  assert.deepEqual(drawn([[0, 1], [1000, 2], [2000, 3]], 1, [[1500, 1500, "ERR", 1]]), [[0, 1000], [2000]]);
});
test("points merged for a slow viewer are no gap", () => assert.equal(drawn([[0, 1], [4000, 2, 1, 3]], 1).length, 1));
test("texts stand beside the numbers: an empty one is not 0, 0x1F is not 31, a late one leaves a mean as it is", () => {
  const points = new Points();
  points.load({ reduced: true, bucket_ms: 1000, points: [[0, 5, 1, 9, 10], [1000, 6, 2, 8, 10]], texts: [[100, 100, "", 1]] }, 2500, 0);
  points.add([[200, "0x1F"], [300, "late"], [400, "NaN"], [2600, "Infinity"], [2700, null]]);
  assert.deepEqual(points.rows.map((row) => row[1]), [5, 6]);
  assert.deepEqual(points.texts.map((said) => said[2]), ["", "0x1F", "late", "NaN", "Infinity"]);
  assert.deepEqual(points.newest(), [2600, "Infinity"]);
});
test("equal texts are one run while the device cannot have been away", () => {
  const points = new Points();
  points.add([[0, "on"], [9000, "on"], [30_000, "on"], [31_000, "off"], [4000, "on"]]);
  assert.deepEqual(points.texts, [[0, 9000, "on", 2], [30_000, 30_000, "on", 1], [31_000, 31_000, "off", 1]]);
  points.load({ reduced: false, bucket_ms: null, points: [], texts: [[0, 30_000, "on", 4]] }, 30_500, 0);
  assert.deepEqual(points.texts.map((said) => said.slice(0, 3)), [[0, 30_000, "on"], [31_000, 31_000, "off"]]);
});
test("a time stamp ahead of what can be is not the newest, and a bucket is no reading", () => {
  const points = new Points();
  points.load(raw([[1000, 1], [2000, 2], [90_000, 9]], [500, 5]), 3000, 0);
  const isAhead = (at) => at > 5000;
  assert.deepEqual([points.newest(), points.newest(isAhead)], [[90_000, 9], [2000, 2]]);
  points.add([[2500, "open"], [80_000, "shut"]]);
  assert.deepEqual(points.newest(isAhead), [2500, "open"]);
  assert.deepEqual(points.newest(() => true), [500, 5]);
  const reduced = new Points();
  reduced.load({ reduced: true, bucket_ms: 1000, points: [[1000, 1, 1, 1, 1]], before: [500, 5] }, 3000, 0);
  assert.equal(reduced.newest(), null);
});
test("what was cut away is not said to be loaded", () => {
  const points = new Points();
  points.load(raw([]), 0, -1000);
  points.add(every(1000, MAX_POINTS + 10));
  assert.equal(points.loaded.from, 10_000);
  points.trim(50_000);
  assert.equal(points.loaded.from, 50_000);
});
test("a reduced history is drawn at the middle of its buckets, with minimum and maximum", () => {
  const points = new Points();
  points.load({ reduced: true, bucket_ms: 1000, points: [[0, 5, 1, 9, 10], [1000, 6, 2, 8, 10]] }, 1200);
  assert.deepEqual(points.rows, [[500, 5, 1, 9, 10, 0], [1200, 6, 2, 8, 10, 1000]]);
});
test("late data folds into the bucket that covers it, keeping its extremes", () => {
  const points = new Points();
  points.load({ reduced: true, bucket_ms: 1000, points: [[0, 5, 1, 9, 1], [1000, 6, 2, 8, 1]] }, 2000);
  points.add([[200, 15]]);
  assert.deepEqual(points.rows[0], [500, 10, 1, 15, 2, 0]);
  assert.equal(points.rows.length, 2);
});
test("new points follow a reduced history as they are", () => {
  const points = new Points();
  points.load({ reduced: true, bucket_ms: 1000, points: [[0, 5, 1, 9, 1], [1000, 6, 2, 8, 1]] }, 1400);
  points.add([[1900, 7], [2500, 8]]);
  assert.deepEqual(times(points), [500, 1400, 1900, 2500]);
});
test("another resolution replaces the history instead of mixing with it", () => {
  const points = new Points();
  points.load({ reduced: true, bucket_ms: 1000, points: [[0, 5, 1, 9, 1]] }, 2000);
  points.load(raw([[100, 1]]), 200);
  assert.deepEqual(times(points), [100]);
});
test("a copy stays as it was", () => {
  const points = new Points();
  points.add([[1, 1]]);
  const copy = points.copy();
  points.add([[2, 2]]);
  assert.deepEqual(times(copy), [1]);
});
