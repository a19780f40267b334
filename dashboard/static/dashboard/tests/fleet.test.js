import assert from "node:assert/strict";
import test from "node:test";
import { counts, found, headline, inOrder, shown, sorted } from "../js/fleet/fleet-order.js";
import { sparkShape } from "../js/charts/sparkline.js";
import { Selection } from "../js/fleet/selection.js";

const device = (uid, state, more = {}) => ({ uid, name: uid, kind: "freezer", tags: [], site: null, state, connection: state, heard: 0, ...more });
const none = { search: "", site: "", states: new Set() };

test("worst first, then by name with numbers in order", () => {
  const all = [device("b10", "online"), device("b2", "online"), device("z", "offline"), device("a", "late"), device("s", "silent"), device("c", "sensors")];
  assert.deepEqual(sorted(all, "worst").map((d) => d.uid), ["z", "s", "c", "a", "b2", "b10"]);
});
test("an alert moves no tile", () => {
  const all = [device("a", "online"), device("b", "alert", { connection: "online" }), device("c", "late")];
  assert.deepEqual(sorted(all, "worst").map((d) => d.uid), ["c", "a", "b"]);
  assert.equal(counts(all).alert, 1);
});
test("every word of a search is found somewhere", () => {
  const d = device("f-1", "online", { name: "Cold store", site: { slug: "harbour", name: "Harbour plant" }, tags: ["haccp"] });
  assert.ok(found(d, "harbour COLD haccp"));
  assert.ok(!found(d, "harbour warm"));
});
test("filters combine", () => {
  const d = device("f", "late", { site: { slug: "x", name: "X" } });
  assert.ok(shown(d, { ...none, site: "x", states: new Set(["late"]) }));
  assert.ok(!shown(d, { ...none, states: new Set(["online"]) }));
  assert.ok(!shown(d, { ...none, site: "y" }));
});
test("the title counts the problems", () => {
  assert.equal(headline(counts([device("a", "silent"), device("b", "silent"), device("c", "online")])), "2 silent · Fleet");
  assert.equal(headline(counts([device("a", "offline"), device("b", "sensors")])), "1 offline, 1 with silent sensors · Fleet");
  assert.equal(headline(counts([device("c", "online")])), "Fleet");
});
test("series with a line come first", () => {
  assert.deepEqual(inOrder([{ id: 1, kind: "text" }, { id: 2, kind: "boolean" }, { id: 3, kind: "gauge" }]).map((s) => s.id), [3, 2, 1]);
});
test("only the selected are shown when asked for", () => {
  const filter = { ...none, selected: new Set(["a"]), only: true };
  assert.deepEqual(["a", "b"].filter((uid) => shown(device(uid, "online"), filter)), ["a"]);
  assert.ok(shown(device("b", "online"), { ...filter, only: false }));
});

const order = ["a", "b", "c", "d", "e"];
test("shift selects from the anchor, and lets go when it comes back", () => {
  const s = new Selection();
  s.toggle("b");
  s.extend(order, "d");
  assert.deepEqual([...s.uids], ["b", "c", "d"]);
  s.extend(order, "c");
  assert.deepEqual([...s.uids], ["b", "c"]);
  s.extend(order, "a");
  assert.deepEqual([...s.uids].sort(), ["a", "b"]);
});
test("what was selected before a range stays", () => {
  const s = new Selection(["e"]);
  s.toggle("a");
  s.extend(order, "b");
  assert.deepEqual([...s.uids].sort(), ["a", "b", "e"]);
  s.toggle("e");
  assert.deepEqual([...s.uids].sort(), ["a", "b"]);
});
test("without an anchor in sight a range begins where one stands", () => {
  const s = new Selection();
  s.extend(order, "c", "b");
  assert.deepEqual([...s.uids], ["b", "c"]);
  s.toggle("gone");
  s.extend(order, "e", "d");
  assert.deepEqual([...s.uids].sort(), ["b", "c", "d", "e", "gone"]);
});

/** @returns {import("../js/charts/points.js").Row} */
const row = (at, value) => [at, value, null, null, null, null];
const spark = (rows, gapAfter = 10) => sparkShape({ rows, from: 0, to: 96, gapAfter });
test("a small line spans its picture and ends in a dot", () => {
  assert.deepEqual(spark([row(0, 5), row(10, 10), row(20, 0)]), { limit: "", line: "M1.0 18.0L11.0 3.0L21.0 33.0", end: "M21.0 33.0h0" });
});
test("a small line breaks at a gap and leaves out what is no number or too old", () => {
  assert.equal(spark([row(-5, 1), row(0, 0), row(5, "ERR"), row(30, 1)]).line, "M1.0 33.0M31.0 3.0");
  assert.deepEqual(spark([row(-5, 1)]), { limit: "", line: "", end: "" });
});
test("a limit is a line of the picture, which makes room for it", () => {
  const shape = sparkShape({ rows: [row(0, 5), row(10, 10)], from: 0, to: 96, gapAfter: 20, limit: 0 });
  assert.deepEqual([shape.limit, shape.line], ["M0 33.0H100", "M1.0 18.0L11.0 3.0"]);
});
test("noise on a steady value is not blown up", () => {
  assert.equal(spark([row(0, 1000), row(10, 1000.4)]).line, "M1.0 19.5L11.0 16.5");
});
test("a small line of a rate stands on zero", () => {
  assert.equal(sparkShape({ rows: [row(0, 8), row(48, 10)], from: 0, to: 96, gapAfter: 50, zero: true }).line, "M1.0 9.0L49.0 3.0");
});
