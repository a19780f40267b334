import assert from "node:assert/strict";
import test from "node:test";
import { canonical } from "../js/page/theirs.js";

test("what is written in another order is the same, and a list in another order is not", () => {
  assert.equal(canonical({ b: [1, { y: 2, x: null }], a: "1" }), canonical({ a: "1", b: [1, { x: null, y: 2 }] }));
  assert.notEqual(canonical({ a: [1, 2] }), canonical({ a: [2, 1] }));
  assert.notEqual(canonical({ a: 1 }), canonical({ a: "1" }));
});
