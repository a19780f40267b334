import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { age, ago, bare, counted, duration, humanise, number, size } from "../js/page/format.js";
import { moment, offset } from "../js/time/moment.js";

/** What the server writes as well: telemetry/series/words.py. */
const cases = JSON.parse(readFileSync(new URL("../../../../telemetry/tests/words_cases.json", import.meta.url), "utf8"));

test("numbers, durations and names are written as in notifications", () => {
  assert.deepEqual(cases.numbers.map((/** @type {any[]} */ [value, precision]) => number(value, precision)), cases.numbers.map((/** @type {any[]} */ each) => each[2]));
  assert.deepEqual(cases.durations_ms.map((/** @type {any[]} */ [ms]) => duration(ms)), cases.durations_ms.map((/** @type {any[]} */ each) => each[1]));
  assert.deepEqual(cases.names.map((/** @type {any[]} */ [metric]) => humanise(metric)), cases.names.map((/** @type {any[]} */ each) => each[1]));
});
test("a number has the series' precision, a true minus and grouped thousands", () => {
  assert.equal(number(21.456, 1), "21.5");
  assert.equal(number(-18.5, 2), "\u221218.50");
  assert.equal(number(1234567, 0), "1\u202f234\u202f567");
  assert.equal(number(1013.25, 2), "1013.25");
});
test("without a precision it has as many digits as it needs", () => {
  assert.equal(number(21.5), "21.5");
  assert.equal(number(0.12345), "0.1235");
  assert.equal(number(3), "3");
  assert.equal(number(4114.0754), "4114.1");
  assert.equal(number(0.00012346), "0.0001235");
  assert.equal(number(1234567890), "1\u202f234\u202f567\u202f890");
  assert.equal(number(1.2345e-9), "1.235×10⁻⁹");
  assert.equal(number(-2e15), "\u22122×10¹⁵");
  assert.equal(number(1e21, 2), "1×10²¹");
});
test("no minus before zero, and no number is a dash", () => {
  assert.equal(number(-0.001, 1), "0.0");
  assert.equal(number(null), "–");
  assert.equal(number(NaN), "–");
});
test("a boolean is a word, text is itself, a number has its digits", () => {
  assert.equal(bare(1, { kind: "boolean" }), "on");
  assert.equal(bare(false, { kind: "boolean" }), "off");
  assert.equal(bare("idle", { kind: "text" }), "idle");
  assert.equal(bare(21.5, { kind: "gauge", precision: 2 }), "21.50");
});
test("ages and durations", () => {
  assert.deepEqual([0, 3000, 125_000, 5 * 3600_000, 12 * 86400_000].map(age), ["now", "3\u2009s", "2\u2009min", "5\u2009h", "12\u2009d"]);
  assert.deepEqual([250, 1500, 300_000, 5400_000, 86400_000].map(duration), ["250\u2009ms", "1.5\u2009s", "5\u2009min", "1\u2009h 30\u2009min", "1\u2009d"]);
});
test("sizes and metric names", () => {
  assert.deepEqual([12, 2048].map(size), ["12\u2009B", "2.0\u2009KiB"]);
  assert.equal(humanise("motor.x_rms"), "Motor x RMS");
});
test("known abbreviations are written as people write them", () => {
  const names = { co2: "CO₂", pm2_5: "PM2.5", "pm2.5": "PM2.5", pm10: "PM10", tvoc: "TVOC", rpm: "RPM", ph: "pH", shaft_rpm: "Shaft RPM",
    pump_ph: "Pump pH", temperature: "Temperature", phase_1: "Phase 1", companion: "Companion", indoor_pm2_5: "Indoor PM2.5", rssi: "RSSI",
    "___": "___" };
  assert.deepEqual(Object.fromEntries(Object.keys(names).map((name) => [name, humanise(name)])), names);
});
test("a metric may be named like something every object has", () => {
  assert.deepEqual(["constructor", "toString", "__proto__"].map(humanise), ["Constructor", "ToString", "Proto"]);
});
test("a moment names the viewer's offset", () => {
  assert.match(moment(1_700_000_000_000), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+\u2212]\d\d:\d\d$/);
  assert.match(offset(1_700_000_000_000), /^[+\u2212]\d\d:\d\d$/);
});

test("what is counted is one or several", () => {
  assert.deepEqual([0, 1, 2, 12345].map((many) => counted(many, "message")), ["0 messages", "1 message", "2 messages", "12\u202f345 messages"]);
});
test("how long ago is said in words", () => {
  assert.equal(ago(0), "just now");
  assert.equal(ago(-5_000), "just now");
  assert.equal(ago(5_000), "5\u2009s ago");
});
