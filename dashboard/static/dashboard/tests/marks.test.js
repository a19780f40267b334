import assert from "node:assert/strict";
import test from "node:test";
import { Marks } from "../js/time/marks.js";
import { MarkSteps } from "../js/time/mark-steps.js";
import { live, range } from "../js/time/timespan.js";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
/** @returns {any} */
const mark = (at, facts = {}) => ({ at, until: null, kind: "note", text: "", tone: "note", series: null, open: null, ...facts });

test("marks of several sources are one list in order, and a source replaces its own alone", () => {
  const marks = new Marks();
  marks.put("alerts", [mark(3), mark(1)]);
  marks.put("notes", [mark(2)]);
  assert.deepEqual(marks.all().map(({ at }) => at), [1, 2, 3]);
  marks.put("alerts", []);
  assert.deepEqual(marks.all().map(({ at }) => at), [2]);
});
test("who watches is told of each change until it ends it", () => {
  const marks = new Marks();
  let told = 0;
  const end = marks.watch(() => { told += 1; });
  marks.put("notes", []);
  end();
  marks.put("notes", []);
  assert.equal(told, 1);
});
test("a window holds what touches it", () => {
  const marks = new Marks();
  marks.put("notes", [mark(5), mark(10, { until: 20 }), mark(30), mark(1, { ongoing: true }), mark(50)]);
  assert.deepEqual(marks.within(15, 40).map(({ at }) => at), [1, 10, 30]);
});

/** A time line that only moves its window. @returns {any} */
function line(span) {
  return {
    span, cursor: null,
    bounds() { return span.mode === "live" ? { from: NOW - this.span.ms, to: NOW } : this.span; },
    select(from, to) { this.span = range(this.span, from, to, NOW); },
    point(at) { this.cursor = at; },
  };
}
test("steps reach every mark, those beside the present and at one instant too", () => {
  const marks = new Marks();
  const steps = new MarkSteps(marks, line(range(live("1h"), NOW - 600 * MINUTE, NOW - 540 * MINUTE, NOW)));
  marks.put("alerts", [mark(NOW - 300 * MINUTE), mark(NOW - 2 * MINUTE), mark(NOW - MINUTE)]);
  marks.put("notes", [mark(NOW - 200 * MINUTE), mark(NOW - 90 * MINUTE, { stop: false })]);
  const went = () => (steps.go(1)?.at ?? null);
  assert.deepEqual([went(), went(), went(), went(), went()], [300, 200, 2, 1].map((n) => NOW - n * MINUTE).concat([null]));
  assert.deepEqual([steps.go(-1)?.at, steps.go(-1)?.at], [NOW - 2 * MINUTE, NOW - 200 * MINUTE]);
  assert.equal(steps.timeLine.cursor, NOW - 200 * MINUTE);
});
test("after the window was moved by hand a step starts from its middle", () => {
  const marks = new Marks();
  const timeLine = line(range(live("1h"), NOW - 600 * MINUTE, NOW - 540 * MINUTE, NOW));
  const steps = new MarkSteps(marks, timeLine);
  marks.put("alerts", [mark(NOW - 500 * MINUTE), mark(NOW - 400 * MINUTE), mark(NOW - 100 * MINUTE)]);
  steps.go(1);
  timeLine.select(NOW - 380 * MINUTE, NOW - 320 * MINUTE);
  assert.equal(steps.go(1)?.at, NOW - 100 * MINUTE);
});
