import assert from "node:assert/strict";
import test from "node:test";
import { FREE, ValueAxis } from "../js/charts/value-axis.js";
import { logTicks } from "../js/charts/log-ticks.js";
import { placeOf } from "../js/charts/mark-here.js";
import { statistics } from "../js/charts/statistics.js";
import { joinedRows, tableRows } from "../js/charts/table-text.js";
import { wrongWith } from "../js/charts/axis-dialog.js";

/** @returns {import("../js/charts/points.js").Row[]} */
const raw = (...values) => values.map((value, i) => [i * 1000, value, null, null, null, null]);
/** @returns {import("../js/charts/points.js").Row} */
const bucket = (at, mean, low, high, count) => [at, mean, low, high, count, at - 500];

test("a window comes to its least, its greatest, the mean of its readings and what it changed by", () => {
  assert.deepEqual(statistics(raw(3, 1, 5)), { low: 1, high: 5, mean: 3, change: 2 });
  assert.deepEqual(statistics([bucket(500, 2, -1, 4, 3), bucket(1500, 6, 6, 6, 1)]), { low: -1, high: 6, mean: 3, change: 4 });
  assert.equal(statistics([]), null);
  // 1e9 + 0.5 times many: added as they are, the sum would have no digits left for the halves.
  const large = /** @type {any[]} */ (Array.from({ length: 4000 }, (_, i) => [i, 1e12 + (i % 2), null, null, null, null]));
  assert.equal(statistics(large)?.mean, 1e12 + 0.5);
});
test("an axis goes where the viewer set its ends, and free where not", () => {
  const axis = new ValueAxis();
  axis.limit({ min: 0, max: null, log: false });
  const { min, max } = axis.fit(raw(10, 20), [], false);
  assert.equal(min, 0);
  assert.ok(max >= 20);
  axis.limit({ min: 50, max: null, log: false });
  const beyond = axis.fit(raw(10, 20), [], false);
  assert.ok(beyond.min === 50 && beyond.max > 50, "an axis has a length although nothing lies on it");
  axis.limit();
  assert.equal(axis.limits, FREE);
  assert.ok(axis.fit(raw(10, 20), [], false).min > 5);
});
test("a logarithmic axis holds what is above 0 and nothing else", () => {
  const axis = new ValueAxis();
  axis.limit({ min: null, max: null, log: true });
  const { min, max } = axis.fit(raw(0.001, 0, -5, 1000), [{ value: 0 }], false);
  assert.ok(min > 0 && min <= 0.001 && max >= 1000);
  assert.ok(axis.holds(0.001) && !axis.holds(0) && !axis.holds(-5));
  assert.deepEqual(axis.ticks.values, [0.001, 0.1, 10, 1000].slice(0, axis.ticks.values.length));
  axis.reset();
  axis.fit(raw(0, -1), [], false);
  assert.ok(axis.blank, "it makes no numbers up");
});
test("ticks of a logarithmic axis are round and few", () => {
  for (const [min, max] of [[1, 10], [0.3, 4], [1e-9, 1e9], [5, 6], [99, 101]]) {
    const { values, labels } = logTicks(min, max);
    assert.ok(values.length >= 2 && values.length <= 6, `${min} ${max}: ${values}`);
    assert.equal(labels.length, values.length);
    assert.ok(values.every((value, i) => i === 0 || value > values[i - 1]));
  }
  assert.deepEqual(logTicks(1, 10).labels, ["1", "2", "5", "10"]);
});
test("ends that make no axis are refused in words", () => {
  assert.equal(wrongWith({ min: 1, max: 2, log: true }), "");
  assert.match(wrongWith({ min: 2, max: 2, log: false }), /lower/);
  assert.match(wrongWith({ min: 0, max: null, log: true }), /above 0/);
});
test("series of one chart are one table: a row an instant, none of them lost", () => {
  const [a, b] = [{ metric: "a", unit: "V" }, { metric: "b", unit: "" }];
  const joined = joinedRows([tableRows(a, raw(1, 2), [[1000, 1000, "ERR", 1]]), tableRows(b, [[1000, 7, null, null, null, null], [1000.123, 8, null, null, null, null]])]);
  const at = (ms, rest = "") => `1970-01-01T00:00:0${ms / 1000}.000${rest}Z`;
  assert.deepEqual(joined, [["time", "a (V)", "b"], [at(0), 1, ""], [at(1000), 2, 7], [at(1000), "ERR", ""], [at(1000, "123"), "", 8]]);
  const reduced = joinedRows([tableRows(a, [bucket(500, 2, 1, 3, 9)]), tableRows(b, raw(5))]);
  assert.deepEqual(reduced[0], ["time", "a (V) mean", "a (V) min", "a (V) max", "a (V) count", "b"]);
});
test("what is marked is the selection, otherwise the clicked instant, otherwise where the pointer is, otherwise the end of the window", () => {
  const line = (selection, cursor, picked = null) => ({ selection, picked, cursor, end: 9, bounds() { return { from: 1, to: this.end }; } });
  assert.deepEqual(placeOf(line({ from: 2, to: 3 }, 5), 7), { from: 2, until: 3, series: 7 });
  assert.deepEqual(placeOf(line(null, 5, 4)), { from: 4, until: null, series: null });
  assert.deepEqual(placeOf(line(null, 5)), { from: 5, until: null, series: null });
  assert.deepEqual(placeOf(line(null, null)), { from: 9, until: null, series: null });
});
