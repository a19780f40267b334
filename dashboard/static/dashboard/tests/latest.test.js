import assert from "node:assert/strict";
import test from "node:test";
import { Latest, newestPoint } from "../js/live/latest.js";

test("the newest of a frame need not be its last, and of two at one instant it is the first", () => {
  assert.deepEqual(newestPoint([[5, 1], [9, 2], [9, 3], [7, 4]]), [9, 2]);
});
test("of two live readings at one instant the first stays, as in the store", () => {
  const latest = new Latest();
  assert.equal(latest.live(1, [5, 1.5]), true);
  assert.equal(latest.live(1, [5, 2.5]), false);
  assert.equal(latest.live(1, [4, 3.5]), false);
  assert.deepEqual(latest.get(1), [5, 1.5]);
  assert.equal(latest.live(1, [6, 4.5, 4, 5]), true);
  assert.deepEqual(latest.get(1), [6, 4.5]);
});
test("the store is right about its instant, and takes nothing newer back", () => {
  const latest = new Latest();
  latest.live(1, [5, 1.5]);
  assert.equal(latest.stored(1, [5, 2.5]), true);
  assert.equal(latest.stored(1, [4, 3.5]), false);
  assert.equal(latest.stored(1, null), false);
  assert.deepEqual(latest.get(1), [5, 2.5]);
  assert.equal(latest.live(1, [5, 1.5]), false);
});
test("series are apart", () => {
  const latest = new Latest();
  latest.live(1, [5, "open"]);
  assert.equal(latest.get(2), undefined);
});
test("of a series whose history changed the store is right also about what is older, until something newer comes", () => {
  const latest = new Latest();
  latest.live(1, [5, 99]);
  latest.doubt([1]);
  assert.equal(latest.stored(1, [5, 99]), true); // asked for before it changed
  assert.equal(latest.stored(1, [4, 3.5]), true);
  assert.deepEqual(latest.get(1), [4, 3.5]);
  assert.equal(latest.stored(1, null), true);
  assert.equal(latest.get(1), undefined);
  latest.live(1, [6, 4.5]);
  assert.equal(latest.stored(1, [4, 3.5]), false);
  assert.deepEqual(latest.get(1), [6, 4.5]);
});
