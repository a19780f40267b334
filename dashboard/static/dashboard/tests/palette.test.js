import assert from "node:assert/strict";
import test from "node:test";
import { acts, matching, offer, offerTimes, times } from "../js/palette/offers.js";

test("every word is in the name or the words beside it, and what begins with the text comes first", () => {
  const all = [{ name: "Export this chart", words: "csv download", run() {} }, { name: "Chart in full screen", run() {} }, { name: "Next theme", words: "dark", run() {} }];
  assert.deepEqual(matching(all, "chart").map(({ name }) => name), ["Chart in full screen", "Export this chart"]);
  assert.deepEqual(matching(all, "CSV chart").map(({ name }) => name), ["Export this chart"]);
  assert.equal(matching(all, "").length, 3);
});
test("a page offers what it can do and takes it back", () => {
  const end = offer("Sort again", "", () => {});
  assert.deepEqual(acts().map(({ name }) => name), ["Sort again"]);
  end();
  assert.deepEqual(acts(), []);
});
test("a page with a window of time reads times", () => {
  const end = offerTimes((text) => (text === "last 6 h" ? [{ name: "Last 6 h", run() {} }] : []));
  assert.deepEqual([times("last 6 h").length, times("freezer").length, times(" ").length], [1, 0, 0]);
  end();
  assert.deepEqual(times("last 6 h"), []);
});
