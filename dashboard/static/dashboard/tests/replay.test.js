import assert from "node:assert/strict";
import test from "node:test";
import { added, NOTHING, outcome } from "../js/quarantine/replay.js";

const summary = (more) => ({ ...NOTHING, ...more });

test("a replay is told in one sentence, without what did not happen", () => {
  assert.equal(outcome(summary({ replayed: 3, stored: 2, still_bad: 1, readings: 8 })), "3 replayed: 2 stored with 8 new readings, 1 still bad.");
  assert.equal(outcome(summary({ replayed: 1, stored: 1, readings: 1 })), "1 replayed: 1 stored with 1 new reading.");
  assert.equal(outcome(summary({ replayed: 2, partial: 1, cut: 1 })), "2 replayed: 1 stored in part, 1 cut, so not replayable.");
  assert.equal(outcome(NOTHING), "There was nothing to replay.");
});
test("replays add up, and the last says whether more are left", () => {
  const sum = added(summary({ replayed: 5, stored: 4, still_bad: 1, more: true }), summary({ replayed: 2, stored: 1, cut: 1, readings: 9 }));
  assert.deepEqual(sum, summary({ replayed: 7, stored: 5, still_bad: 1, cut: 1, readings: 9, more: false }));
});
