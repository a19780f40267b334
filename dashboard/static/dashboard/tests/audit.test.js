import assert from "node:assert/strict";
import test from "node:test";

import { changes, shown } from "../js/audit/audit-row.js";

test("what was before stands beside what is after, by field", () => {
  assert.deepEqual(changes({ name: "a", site: null }, { name: "b", tags: ["x"] }), [
    ["name", "a", "b"],
    ["site", "–", null],
    ["tags", null, '["x"]'],
  ]);
});

test("what is no object of fields is shown as it is", () => {
  assert.deepEqual(changes(null, "yes"), [["", null, "yes"]]);
  assert.deepEqual(changes(null, null), []);
  assert.equal(shown(undefined), "–");
  assert.equal(shown(false), "false");
});
