import assert from "node:assert/strict";
import test from "node:test";
import { newestPoint } from "../js/live/newest-point.js";

test("the newest is not the last of what came late, and of two at one instant it is the first", () => {
  assert.deepEqual(newestPoint([[5, 1], [9, 2], [7, 3]]), [9, 2]);
  assert.deepEqual(newestPoint([[9, 1], [9, 2]]), [9, 1]);
});
