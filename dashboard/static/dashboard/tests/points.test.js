import assert from "node:assert/strict";
import test from "node:test";
import { line, MAX_POINTS, Points } from "../js/charts/points.js";

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
test("a later word on the same instant replaces the earlier", () => {
  const points = new Points();
  points.add([[1000, 1], [1000, 2]]);
  assert.deepEqual(points.rows.map((row) => row[1]), [2]);
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
test("a gap longer than the expected interval breaks the line, jitter does not", () => {
  const points = new Points();
  points.add([[0, 1], [1200, 2], [5000, 3]]);
  const drawn = line(points.rows, points.gapAfter(1));
  assert.deepEqual(drawn.map((p) => p.x), [0, 1200, 3100, 5000]);
  assert.ok(Number.isNaN(drawn[2].y));
});
test("points merged for a slow viewer are no gap", () => {
  const points = new Points();
  points.add([[0, 1], [4000, 2, 1, 3]]);
  assert.equal(line(points.rows, points.gapAfter(1)).length, 2);
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
test("the nearest reading within reach", () => {
  const points = new Points();
  points.add([[1000, 1], [2000, 2]]);
  assert.equal(points.near(1400, 500)?.[0], 1000);
  assert.equal(points.near(9000, 500), null);
});
