import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isHeardSince, judge, judgeSeries, lateAfter, withSensors } from "../js/presence/presence.js";

const { device: cases, series } = JSON.parse(readFileSync(new URL("../../../../devices/tests/presence_cases.json", import.meta.url), "utf8"));

test("there are cases to agree on", () => assert.ok(cases.length > 20));
for (const c of cases) {
  test(c.name, () => {
    const state = judge({ connection: c.connection, since: c.since, last_seen: c.last_seen }, c.expected_interval, c.now);
    assert.deepEqual(state, { name: c.state, since: c.state_since, evidence: c.evidence });
  });
}
test("there are cases of series too", () => assert.equal(series.length, 19));
for (const c of series) {
  test(c.name, () => {
    const state = judgeSeries(c.latest, { lead: c.lead, lastSeen: c.last_seen }, c.interval, c.now);
    assert.deepEqual(state, { name: c.state, since: c.state_since, evidence: c.evidence });
  });
}
test("silent sensors are counted in words", () => {
  assert.equal(withSensors("online", 1), "Online · 1 sensor silent");
  assert.equal(withSensors("late", 2), "Late · 2 sensors silent");
  assert.equal(withSensors("online", 0), "Online");
});

test("who was heard after the last that is known of all is known for as long as its next word may take", () => {
  assert.ok(isHeardSince(1_500, 1_000, 1, 1_500 + lateAfter(1)));
  assert.ok(!isHeardSince(1_500, 1_000, 1, 1_501 + lateAfter(1)));
  assert.ok(!isHeardSince(1_000, 1_000, 60, 1_001));
  assert.ok(!isHeardSince(null, 1_000, 60, 1_001));
});
