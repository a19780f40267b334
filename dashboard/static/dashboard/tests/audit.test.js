import assert from "node:assert/strict";
import test from "node:test";

import { actWord, kindWord } from "../js/audit/act-words.js";
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
test("an act is said in words by its last word that says more than a way of asking; what has none stays", () => {
  const acts = ["device.registered", "sign_in.failed", "series.post", "alerts.acknowledge.post", "inbox.adopt.post.refused", "something_new"];
  assert.deepEqual(acts.map(actWord), ["registered", "could not sign in", "created", "acknowledged", "refused", "Something new"]);
  assert.deepEqual(["alert-rules", "constructor"].map(kindWord), ["alert rule", "Constructor"]);
});
