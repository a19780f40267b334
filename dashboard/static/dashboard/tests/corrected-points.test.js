import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, textOf } from "../js/device/corrected-points.js";

test("readings come back from their lines exactly", () => {
  /** @type {[number, number|string][]} */ const points = [[1_772_323_200_000, 21.5], [1_772_323_200_000.25, -1e300], [1_772_323_201_004, "door \"open\" 1"], [1_772_323_202_000, "7"]];
  assert.deepEqual(pointsOf(textOf(points)), points);
  assert.equal(textOf(points.slice(1, 2)), "2026-03-01T00:00:00.000250Z -1e+300");
});

test("what a person writes is read as it is meant", () => {
  assert.deepEqual(pointsOf("\n 2026-03-01T00:00:00Z\t21,5 \n1772323200000 true\n2026-03-01T01:00:00+01:00 open\n"), [[1_772_323_200_000, 21.5], [1_772_323_200_000, true], [1_772_323_200_000, "open"]]);
  assert.deepEqual(pointsOf("yesterday 3"), [["yesterday 3", ""]]);
});
