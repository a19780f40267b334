/** A rule goes through the form unchanged, or the form says that it cannot hold it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { definition, facts, isFormed, noValue, words } from "../js/rules/definition.js";

const WHOLE = {
  topic: "plant/{site}/{device}/up", payload: "text", pattern: "(?P<t>.)", each: "$.d[*]", device: "{@.id}", device_name: "{@.title}", site: "{site}",
  time: { path: "ts", unit: "ms", zone: "Europe/Berlin" }, pivot: { name: "n", value: "v" }, ignore: ["debug.*"], null_if: ["-999"],
  presence: { path: "on", online: ["yes"], offline: ["no", "lost"] },
  values: [
    { path: "t", metric: "temperature", unit: "°C", precision: 1, scale: 0.1, offset: -40, null_if: ["n/a"] },
    { path: "door", map: { 0: "closed", 1: true, 2: null, x: 5, y: "7" }, pattern: "a", as: "text" },
  ],
};

test("a definition goes through the form unchanged", () => {
  assert.deepEqual(definition(facts(WHOLE)), WHOLE);
  assert.ok(isFormed(WHOLE));
});

test("what is empty is left out, and the usual payload is not named", () => {
  assert.deepEqual(definition(facts({ topic: "a/{device}", payload: "json", ignore: [], values: [] })), { topic: "a/{device}" });
  assert.deepEqual(definition(Object.assign(facts({ topic: "a" }), { "time.unit": "ms", "time.zone": "UTC" })), { topic: "a" });
});

test("a definition that the form would change is not for the form", () => {
  assert.ok(!isFormed({ topic: "a", ignore: ["a,b"] }));
  assert.ok(!isFormed({ topic: "a", values: [{ path: "t", map: { "a=b": "c" } }] }));
  assert.ok(!isFormed({ topic: "a", other: 1 }));
  assert.ok(!isFormed({ topic: "a", time: { unit: "s" } }));
  assert.ok(!isFormed(null));
  assert.ok(isFormed({ topic: "a", null_if: [-999, "x", true] }));
});

test("what is no number is sent as it was written, for the server to complain of", () => {
  const form = Object.assign(facts({ topic: "a" }), { values: [{ ...noValue(), path: "t", scale: "lots", offset: "\u22122,5" }] });
  assert.deepEqual(definition(form).values, [{ path: "t", scale: "lots", offset: "-2,5" }]);
  form.values[0].scale = " 1e-3 ";
  assert.equal(definition(form).values[0].scale, 0.001);
});

test("words stand between commas", () => {
  assert.deepEqual(words(" on, off ,,x "), ["on", "off", "x"]);
  assert.deepEqual(words(""), []);
});
