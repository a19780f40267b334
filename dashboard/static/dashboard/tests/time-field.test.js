import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { fieldInstant, fieldText } from "../js/time/time-field.js";
import { useZone } from "../js/time/zone.js";

const JS = new URL("../js/", import.meta.url);
const utc = (/** @type {string} */ text) => Date.parse(`${text}Z`);

/** Shows the times of this zone meanwhile. */
function shownIn(zone, act) {
  useZone(zone);
  try {
    act();
  } finally {
    useZone(null);
  }
}

test("a field holds what the clocks of the page's zone show, and is read as it was written", () => {
  for (const zone of ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC"]) {
    shownIn(zone, () => {
      for (const at of [utc("2026-03-29T00:59:59"), utc("2026-03-29T01:00:00"), utc("2026-07-01T12:34:56"), utc("2026-12-31T23:59:59")]) {
        assert.equal(fieldInstant(fieldText(at, { seconds: true })), at, zone);
      }
    });
  }
  shownIn("Europe/Berlin", () => {
    assert.equal(fieldText(utc("2026-07-01T12:34:56")), "2026-07-01T14:34");
    assert.equal(fieldInstant("2026-07-01T14:34"), utc("2026-07-01T12:34:00"));
  });
});

test("of an hour that comes twice a field means the first, of one left out the change, of nothing nothing", () => {
  shownIn("Europe/Berlin", () => {
    assert.equal(fieldInstant("2026-10-25T02:30"), utc("2026-10-25T00:30:00"));
    assert.equal(fieldInstant("2026-03-29T02:30"), utc("2026-03-29T01:00:00"));
    assert.equal(fieldInstant(""), null);
  });
});

test("no other module reads a field as if the browser's zone were the page's", () => {
  const found = readdirSync(JS, { recursive: true }).map(String).filter((file) => file.endsWith(".js") && !file.startsWith("time/"))
    .filter((file) => /getTimezoneOffset|\.get(Hours|Date|Day|Month|FullYear)\(|new Date\(\w+\.value\)/.test(readFileSync(new URL(file, JS), "utf8")));
  assert.deepEqual(found, []);
});
