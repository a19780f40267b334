import assert from "node:assert/strict";
import test from "node:test";
import { readTime } from "../js/time/time-text.js";
import { ahead, instantOf, useZone } from "../js/time/zone.js";
import { clock, day, moment } from "../js/time/moment.js";

const HOUR = 3_600_000;
const utc = (text) => Date.parse(`${text}Z`);
const NOW = utc("2026-11-28T10:30:00"); // a Saturday

/** As if the page's zone were this one. */
function within(zone, act) {
  useZone(zone);
  try {
    return act();
  } finally {
    useZone(null);
  }
}
const read = (text, now = NOW) => {
  const found = readTime(text, now);
  if (!found) return null;
  const iso = (at) => new Date(at).toISOString().slice(0, 19);
  return "at" in found ? iso(found.at) : `${iso(found.from)} ${iso(found.to)}`;
};

test("a word that only begins like a month is none", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  for (const text of ["3 marble", "1 maybe", "5 decks", "2 august1", "7 octopus"]) assert.equal(readTime(text, now), null, text);
  for (const text of ["3 march", "3 mar", "3. märz", "1 sept", "1 sep", "5 dez", "5 december", "7 oct", "2 mai 2026", "jul 4"]) assert.notEqual(readTime(text, now), null, text);
});

test("what people write is the window they mean, in the zone of the page", () => within("Europe/Berlin", () => {
  const cases = {
    "yesterday 14:00 to 16:00": "2026-11-27T13:00:00 2026-11-27T15:00:00",
    "gestern 14:00 bis 16:00": "2026-11-27T13:00:00 2026-11-27T15:00:00",
    "Yesterday 22:00 – 06:00": "2026-11-27T21:00:00 2026-11-28T05:00:00",
    "last 36 h": "2026-11-26T22:30:00 2026-11-28T10:30:00",
    "36h": "2026-11-26T22:30:00 2026-11-28T10:30:00",
    "letzte 2 Tage": "2026-11-26T10:30:00 2026-11-28T10:30:00",
    "last week": "2026-11-21T10:30:00 2026-11-28T10:30:00",
    "2026-11-03 08:00 to now": "2026-11-03T07:00:00 2026-11-28T10:30:00",
    "since yesterday": "2026-11-26T23:00:00 2026-11-28T10:30:00",
    "from 08:00 to 09:15": "2026-11-28T07:00:00 2026-11-28T08:15:00",
    "yesterday": "2026-11-26T23:00:00 2026-11-27T23:00:00",
    "today": "2026-11-27T23:00:00 2026-11-28T23:00:00",
    "2026-11-03": "2026-11-02T23:00:00 2026-11-03T23:00:00",
    "2026-11-03 to 2026-11-05": "2026-11-02T23:00:00 2026-11-05T23:00:00",
    "3.11.2026 8:00 bis 5.11.2026 9:30": "2026-11-03T07:00:00 2026-11-05T08:30:00",
    "3 Nov to 5 Nov": "2026-11-02T23:00:00 2026-11-05T23:00:00",
    "24. Dezember": "2025-12-23T23:00:00 2025-12-24T23:00:00",
    "monday 9:00 to tuesday 10:00": "2026-11-23T08:00:00 2026-11-24T09:00:00",
    "2 h ago to now": "2026-11-28T08:30:00 2026-11-28T10:30:00",
    "yesterday 14:00": "2026-11-27T13:00:00",
    "yesterday 2:05 pm": "2026-11-27T13:05:00",
    "1795608000000 1795611600000": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "1795608000, 1795611600": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "1795608000\n1795611600": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "2026-11-25T12:00:00Z 2026-11-25T13:00:00Z": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "2026-11-25T13:00:00+01:00 – 2026-11-25T14:00:00+0100": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "2026-11-25 13:00:00 2026-11-25 14:00:00": "2026-11-25T12:00:00 2026-11-25T13:00:00",
    "2026-11-25T14:00:00Z to 2026-11-25T13:00:00Z": "2026-11-25T13:00:00 2026-11-25T14:00:00",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(read(text), expected, text);
}));
test("what is no time is none", () => {
  for (const text of ["", "soon", "25:00", "yesterday 14:60", "2026-02-30", "2026-13-01 to now", "to", "0 h", "now to now", "h"]) assert.equal(read(text), null, text);
});
test("an hour that is left out or comes twice is a window all the same", () => within("Europe/Berlin", () => {
  assert.equal(read("2026-03-29 02:30 to 04:00"), "2026-03-29T01:00:00 2026-03-29T02:00:00");
  assert.equal(read("2026-10-25 02:30 to 03:00"), "2026-10-25T00:30:00 2026-10-25T02:00:00");
  assert.equal(read("2026-10-25 02:30 +2 – 2026-10-25 02:45 +1"), "2026-10-25T00:30:00 2026-10-25T01:45:00");
  assert.equal(read("2026-10-25"), "2026-10-24T22:00:00 2026-10-25T23:00:00");
  assert.equal(read("2026-03-29"), "2026-03-28T23:00:00 2026-03-29T22:00:00");
}));
test("in every zone a time that the clocks show is found again", () => {
  for (const zone of ["Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "UTC"]) {
    within(zone, () => {
      for (let at = utc("2026-01-01T00:00"); at < utc("2027-01-01T00:00"); at += 7 * HOUR + 60_000 * 17) {
        const found = instantOf(at + ahead(at));
        assert.equal(found + ahead(found), at + ahead(at), `${zone} ${new Date(at).toISOString()}`);
        assert.ok(found <= at, "the first time, where it comes twice");
      }
    });
  }
});
test("times are written in the zone that is chosen, and in the viewer's own otherwise", () => {
  const at = utc("2026-07-01T22:30:05");
  assert.equal(within("UTC", () => moment(at)), "2026-07-01 22:30:05 +00:00");
  assert.equal(within("Asia/Kathmandu", () => moment(at)), "2026-07-02 04:15:05 +05:45");
  assert.equal(within("Europe/Berlin", () => clock(utc("2026-10-25T00:30:00"))), "02:30:00 +2");
  assert.equal(within("Mars/Olympus", () => day(at)), day(at), "a name nobody knows is the viewer's own");
});
