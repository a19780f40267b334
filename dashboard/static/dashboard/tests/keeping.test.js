import assert from "node:assert/strict";
import { test } from "node:test";

import { howLong, line, losses } from "../js/pipeline/keeping.js";

test("so many days are for good", () => {
  assert.deepEqual([1, 30, 36_500].map(howLong), ["1 day", "30 days", "for good"]);
});

test("what a rule leaves open is left out", () => {
  assert.equal(line({ raw: 30, minutes: null, hours: null, days: 36_500 }), "readings 30 days · summaries of days for good");
});

test("what goes is said with its days and numbers", () => {
  const lost = { what: /** @type {const} */ ("raw"), since: 1, before: 2, days: 7, series: 3, readings: 120 };
  const effect = { series: 5, kept: [], losses: [lost], begins: 0 };
  assert.deepEqual(losses(effect, String), ["readings from 1 until 2 go: 120 readings of 3 series."]);
});
