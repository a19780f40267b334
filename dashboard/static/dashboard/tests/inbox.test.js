/** Devices that wait are told apart by kind, most first. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { kinds } from "../js/inbox/groups.js";

test("kinds of which several wait are offered together, most first", () => {
  const found = ["power-meter", "thermometer", "power-meter", "", "", "thermometer", "power-meter", "air-quality", "air-quality", "tracker"].map((kind) => ({ kind }));
  assert.deepEqual(kinds(found).map(({ text }) => text), ["all 3: power meter", "all 2: air quality", "all 2: thermometer"]);
  assert.deepEqual(kinds([]), []);
});
