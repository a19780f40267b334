import assert from "node:assert/strict";
import { test } from "node:test";

import { worded } from "../js/page/language.js";

test("what the server said is filled as the server does, whatever is in its values", () => {
  const limit = { of: "limit {limit}", with: { limit: { number: "−15" } } };
  const said = { of: "{subject} {value}, {limit}", with: { subject: "Cold {value}", value: { number: "24.5 °C" }, limit } };
  assert.equal(worded(said, ""), "Cold {value} 24.5 °C, limit −15");
  assert.equal(worded({ of: "{what}: {changes}.", with: { what: "A", changes: [{ of: "name", with: {} }, "tags", 3] } }, ""), "A: name, tags, 3.");
  assert.equal(worded(null, "Own words"), "Own words");
  assert.equal(worded(undefined, "Own words"), "Own words");
});
