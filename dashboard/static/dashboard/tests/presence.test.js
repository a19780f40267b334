import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { judge } from "../js/presence.js";

const cases = JSON.parse(readFileSync(new URL("../../../../devices/tests/presence_cases.json", import.meta.url), "utf8"));

test("there are cases to agree on", () => assert.ok(cases.length > 20));
for (const c of cases) {
  test(c.name, () => {
    const state = judge({ connection: c.connection, since: c.since, last_seen: c.last_seen }, c.expected_interval, c.now);
    assert.deepEqual(state, { name: c.state, since: c.state_since, evidence: c.evidence });
  });
}
