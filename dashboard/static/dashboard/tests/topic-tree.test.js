/** Topics become a tree with sums, and totals become rates. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { OTHERS, Rates, rows, tree } from "../js/topics/topic-tree.js";

const topic = (/** @type {string} */ name, messages = 1, at = 1, uids = /** @type {string[]} */ ([])) => ({
  topic: name, messages, since: 0, at, size: 2, payload: "{}", retained: false, verdict: "stored", detail: "", uids,
});

test("levels become nodes that sum up what is below them", () => {
  const root = tree([topic("a/b", 2, 5), topic("a/c/d", 3, 9), topic("a", 1), topic("", 7)], new Map([["a/b", 1], ["a/c/d", 2]]));
  const a = root.children.get("a");
  assert.ok(a);
  assert.deepEqual([a.messages, a.rate, a.at, a.topics, a.topic?.messages], [6, 3, 9, 3, 1]);
  assert.equal(a.children.get("c")?.topic, null);
  assert.equal(root.children.get(OTHERS)?.messages, 7);
  assert.equal(root.messages, 13);
});

test("empty levels are levels", () => {
  const root = tree([topic("/a//b")], new Map());
  assert.equal(root.children.get("")?.children.get("a")?.children.get("")?.children.get("b")?.path, "/a//b");
});

test("only what is open shows what is below it, in the order of names", () => {
  const root = tree([topic("b/x"), topic("a/y"), topic("a/x")], new Map());
  assert.deepEqual(rows(root, () => false).map(({ path }) => path), ["a", "b"]);
  assert.deepEqual(rows(root, ({ path }) => path === "a").map(({ path }) => path), ["a", "a/x", "a/y", "b"]);
});

test("a search finds topics and devices", () => {
  const topics = [topic("plant/1", 1, 1, ["press-7"]), topic("hall/2")];
  assert.deepEqual([...tree(topics, new Map(), " PRESS").children.keys()], ["plant"]);
  assert.deepEqual([...tree(topics, new Map(), "hall").children.keys()], ["hall"]);
});

test("a rate is not known until it was looked twice", () => {
  const root = tree([topic("a/b", 1), topic("a/c", 2)], new Map());
  assert.equal(root.rate, null);
  assert.equal(tree([topic("a/b", 1), topic("a/c", 2)], new Map([["a/c", 0]])).rate, 0);
});

test("rates are over the last seconds, and begin anew with a worker", () => {
  const rates = new Rates();
  assert.equal(rates.of([topic("a", 10)], 0).get("a"), undefined);
  assert.equal(rates.of([topic("a", 30)], 2_000).get("a"), 10);
  assert.equal(rates.of([topic("a", 30)], 6_000).get("a"), 0); // nothing since 2 s, and what was before is forgotten
  assert.equal(rates.of([topic("a", 5)], 7_000).get("a"), undefined);
  assert.equal(rates.of([topic("a", 6)], 8_000).get("a"), 1);
  rates.of([], 9_000);
  assert.equal(rates.told.size, 0);
});
