import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, merge, same } from "../js/work/merge.js";

test("what one has not touched follows what is saved", () => {
  assert.deepEqual(merge({ name: "a", kind: "k" }, { name: "a", kind: "mine" }, { name: "b", kind: "k" }), { mine: { name: "b", kind: "mine" }, told: {} });
});

test("of what both changed one keeps one's own and is told of theirs", () => {
  assert.deepEqual(merge({ tags: ["a"] }, { tags: ["a", "b"] }, { tags: [] }), { mine: { tags: ["a", "b"] }, told: { tags: [] } });
});

test("who wrote the same is in nobody's way", () => {
  assert.deepEqual(merge({ name: "a" }, { name: "b" }, { name: "b" }), { mine: { name: "b" }, told: {} });
});

test("a field that is not told of stays", () => {
  assert.deepEqual(merge({ name: "a" }, { name: "b" }, {}), { mine: { name: "b" }, told: {} });
});

test("only what differs is changed, an absent value is null", () => {
  assert.deepEqual(changed({ a: 1, b: ["x"], c: null }, { a: 1, b: ["x", "y"], c: null, d: null }), { b: ["x", "y"] });
  assert.ok(same(undefined, null));
  assert.ok(!same("", null));
});
