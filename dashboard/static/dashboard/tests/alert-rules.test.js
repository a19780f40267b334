/** What the page of alert rules makes of what is typed, dragged and replayed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { documentOf, fieldsOf, textsOf, TYPES } from "../js/alert-rules/condition-fields.js";
import { seconds, written } from "../js/alert-rules/durations.js";
import { limitsOf } from "../js/alert-rules/limits.js";
import { rounded, stepOf } from "../js/charts/limit-steps.js";
import { sentence, sumsOf } from "../js/alert-rules/sums.js";

const DOCUMENTS = [
  { type: "threshold", op: "above", limit: -15, clear: -17.5, for: 300, count: 3 },
  { type: "threshold", op: "outside", low: 2, high: 8, clear: 0.5 },
  { type: "rate", op: "rises", limit: 5, per: 600 },
  { type: "stuck", for: 5400, tolerance: 0.1, count: 20 },
  { type: "silent", times: 5 },
  { type: "silent", seconds: 90 },
  { type: "offline", for: 600, silent: false },
  { type: "state", op: "is", equals: ["fault", true, 3, "3", "true"] },
  { type: "deviation", op: "outside", weeks: 4, by: 20, relative: true, zone: "Europe/Berlin" },
  { type: "expression", formula: "a - b > 30", names: { a: "temperature.supply", b: { uid: "pump-1", metric: "t" } }, tolerance: 120 },
];

test("a document of every type goes through the form unchanged", () => {
  for (const document of DOCUMENTS) assert.deepEqual(documentOf(document.type, textsOf(document)), document);
  assert.deepEqual(new Set(DOCUMENTS.map(({ type }) => type)), new Set(TYPES.map(({ type }) => type)));
});

test("a form shows the fields of what is chosen and keeps no others", () => {
  assert.deepEqual(fieldsOf("threshold", "above").map(({ name }) => name), ["op", "limit", "clear", "worse", "for", "count"]);
  assert.deepEqual(documentOf("threshold", { op: "inside", limit: "5", low: "1", high: "2" }), { type: "threshold", op: "inside", low: 1, high: 2 });
});

test("what is no number or no length of time goes to the server as it is", () => {
  assert.deepEqual(documentOf("threshold", { op: "above", limit: "warm", for: "soon" }), { type: "threshold", op: "above", limit: "warm", for: "soon" });
  assert.equal(documentOf("threshold", { op: "above", limit: "−3,5" }).limit, -3.5);
});

test("lengths of time are read as people type them and written so that they are read again", () => {
  const read = { "5 min": 300, "1h30m": 5400, "90": 90, "1,5 h": 5400, "2 days": 172_800, "500 ms": 0.5, "0": 0 };
  for (const [text, expected] of Object.entries(read)) assert.equal(seconds(text), expected);
  for (const text of ["", "5 bananas", "h", "5 min and", "-5 min"]) assert.equal(seconds(text), text);
  for (const each of [0, 0.5, 1, 59, 60, 3661, 90_061, 604_800]) assert.equal(seconds(written(each)), each);
});

test("the limits of a threshold are lines, and a dragged one is as fine as the axis", () => {
  assert.deepEqual(limitsOf({ type: "threshold", op: "above", limit: -15, clear: -17 }).map(({ field }) => field), ["limit", "clear"]);
  assert.deepEqual(limitsOf({ type: "threshold", op: "outside", low: 1, high: "x" }).map(({ field }) => field), ["low"]);
  assert.deepEqual(limitsOf({ type: "rate", limit: 1 }), []);
  assert.equal(rounded(-15.23456, 20, null), -15.2);
  assert.equal(rounded(-15.23456, 20, 0), -15);
  assert.equal(rounded(0.00123456, 0.002, null), 0.00123);
  assert.equal(rounded(123_456, 50_000, 1), 123_500);
  assert.equal(stepOf(20, null), 0.1);
});

const replayed = (/** @type {any} */ facts) => ({ fired: 0, stood: 0, short: 0, flapped: 0, nights: {}, judged: 100, ...facts });

test("a replay is summed over its targets, nights by their date", () => {
  const sums = sumsOf([replayed({ fired: 3, stood: 2_000_000, short: 2, nights: { "2026-11-20": 1 } }), replayed({ fired: 1, stood: 280_000, flapped: 1, nights: { "2026-11-20": 1, "2026-11-21": 1 } }), replayed({ judged: 50 })], 100);
  assert.deepEqual(sums, { fired: 4, stood: 2_280_000, short: 2, flapped: 1, night: 2, targets: 2, cut: 1 });
  assert.equal(sentence(sums, 7, 12), "In the last 7 days: 4 times, for 2 of 12, 38\u2009min in all, 2 under 1\u2009min, 1 flapping, at most 2 a night. 1 target had too many readings to be judged to the end.");
  assert.equal(sentence(sumsOf([], 100), 1, 1), "In the last 24 hours: it would not have fired.");
  assert.equal(sentence(sumsOf([replayed({ fired: 1, stood: 60_000 })], 100), 30, 1), "In the last 30 days: once, 1\u2009min in all, none at night.");
});
