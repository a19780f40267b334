import assert from "node:assert/strict";
import test from "node:test";
import { asTheyStood, counts, found, headline, sections, shown, sorted, worstAlert } from "../js/fleet/fleet-order.js";
import { barOf, cardOf, inOrder, shownOn } from "../js/fleet/card.js";
import { sparkShape } from "../js/charts/sparkline.js";
import { Selection } from "../js/fleet/selection.js";

const device = (uid, state, more = {}) => ({ uid, name: uid, kind: "freezer", tags: [], site: null, state, connection: state, heard: 0, ...more });
const none = { search: "", site: "", states: new Set() };

test("worst first, then by name with numbers in order", () => {
  const all = [device("b10", "online"), device("b2", "online"), device("z", "offline"), device("a", "late"), device("s", "silent"), device("c", "sensors")];
  assert.deepEqual(sorted(all, "worst").map((d) => d.uid), ["z", "s", "c", "a", "b2", "b10"]);
});
test("of those in alert the worst comes first, and says how the chip looks", () => {
  const alerted = (uid, severity, state = "alert") => device(uid, state, { alert: { severity } });
  const all = [alerted("a", "info"), alerted("b", "warning"), alerted("c", "critical"), device("d", "limit")];
  assert.deepEqual(sorted(all, "worst").map((d) => d.uid), ["c", "b", "a", "d"]);
  assert.deepEqual([worstAlert(all), worstAlert(all.slice(0, 2)), worstAlert([alerted("e", "critical", "disabled"), device("d", "limit")])], ["critical", "warning", ""]);
});
test("by itself nothing moves: by site, then by name, those without a site last", () => {
  const at = (name) => ({ site: { slug: name, name } });
  const all = [device("x", "alert"), device("p10", "silent", at("Harbour")), device("p2", "online", at("Harbour")), device("a", "offline", at("Old mill"))];
  assert.deepEqual(sorted(all, "site").map((d) => d.uid), ["p2", "p10", "a", "x"]);
  assert.deepEqual(sorted(all.map((d) => ({ ...d, state: "online" })), "site").map((d) => d.uid), ["p2", "p10", "a", "x"]);
});
test("an order that changes stands still, and who comes since stands at its end", () => {
  const places = new Map([["b", 0], ["a", 1]]);
  assert.deepEqual(asTheyStood([device("a", "alert"), device("d", "alert"), device("c", "online"), device("b", "online")], places).map((d) => d.uid), ["b", "a", "c", "d"]);
});
test("a device of several tags stands under each, of none under none", () => {
  const all = [device("a", "online", { tags: ["warm", "cold"] }), device("b", "online", { tags: ["cold"] }), device("c", "online")];
  assert.deepEqual(sections(all, "tag").map(({ title, devices }) => [title, devices.map((d) => d.uid)]), [["cold", ["a", "b"]], ["warm", ["a"]], ["No tag", ["c"]]]);
  assert.deepEqual(sections(all, "").map(({ title, devices }) => [title, devices.length]), [["", 3]]);
  assert.deepEqual(sections([device("a", "online", { kind: "" }), device("b", "online", { kind: "constructor" })], "kind").map(({ title }) => title), ["constructor", "No kind"]);
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
test("a card shows what its kind says, of what the device has", () => {
  const all = [{ id: 1, metric: "temperature", kind: "gauge" }, { id: 2, metric: "door", kind: "boolean" }, { id: 3, metric: "humidity", kind: "gauge" }, { id: 4, metric: "mode", kind: "text" }];
  const names = ({ main, others, word, bar }) => [main?.metric, others.map((one) => one.metric), word?.metric, bar?.metric];
  const limits = { temperature: [{ value: 8, label: "", op: "above" }] };
  assert.deepEqual(names(cardOf(all, null, limits)), ["temperature", ["humidity", "mode"], "door", "temperature"]);
  const template = { id: 1, kind: "freezer", main: "humidity", others: ["temperature", "gone", "humidity"], word: "mode", bar: "humidity" };
  assert.deepEqual(names(cardOf(all, template, limits)), ["humidity", ["temperature"], "mode", undefined]);
  assert.deepEqual(names(cardOf([], template, limits)), [undefined, [], undefined, undefined]);
  assert.deepEqual(shownOn(cardOf(all, null, limits)).map(({ id }) => id), [1, 3, 4, 2]);
});
test("a bar shows the value and every limit inside of it", () => {
  const { at, limits } = barOf(5, [{ value: 0, label: "", op: "below" }, { value: 10, label: "", op: "above" }]);
  assert.equal(at, 0.5);
  assert.deepEqual(limits.map((one) => one.at > 0 && one.at < 1), [true, true]);
  assert.ok(barOf(3, [{ value: 3, label: "" }]).at === 0.5);
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
