import assert from "node:assert/strict";
import test from "node:test";

import { progress } from "../js/derived/progress.js";

const BEGUN = { state: "running", from: 0, to: 1000, left_to: 750, rows: 50, estimate: 200, error: "" };

test("how far it is counts in results, and in time where they could not be counted", () => {
  assert.deepEqual(progress(BEGUN), { isRunning: true, share: 0.25, said: "50 of about 200 results" });
  assert.deepEqual(progress({ ...BEGUN, rows: 300, estimate: 300 }), { isRunning: true, share: 0.25, said: "300 results" });
});

test("what has ended says how", () => {
  assert.equal(progress({ ...BEGUN, state: "done" }).said, "50 results computed.");
  assert.equal(progress({ ...BEGUN, state: "cancelled" }).said, "Cancelled after 50 results.");
  assert.equal(progress({ ...BEGUN, state: "failed", error: "no" }).said, "Failed after 50 results: no");
  assert.deepEqual(progress(null), { isRunning: false, share: 0, said: "" });
});
