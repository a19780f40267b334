import assert from "node:assert/strict";
import { test } from "node:test";
import { afterMinutes, daysInWords, dueMinutes, inWords, night, shiftInWords, withDay } from "../js/notifications/hours.js";

test("days are said in runs", () => {
  assert.equal(daysInWords([1, 2, 3, 4, 5, 6, 7]), "Every day");
  assert.equal(daysInWords([5, 1, 2, 3, 4]), "Mon–Fri");
  assert.equal(daysInWords([6, 7]), "Sat, Sun");
  assert.equal(daysInWords([1, 3, 4, 5, 7]), "Mon, Wed–Fri, Sun");
  assert.equal(daysInWords([]), "");
});

test("a window says its days and times", () => {
  assert.equal(inWords(night()), "Every day 22:00 to 07:00");
  assert.equal(inWords({ days: [7], from: "00:00", to: "00:00" }), "Sun from 00:00 for a day");
});

test("two new rows do not share their days", () => {
  night().days.pop();
  assert.equal(night().days.length, 7);
});

test("a day is switched on and off in its place", () => {
  assert.deepEqual(withDay([1, 3], 2, true), [1, 2, 3]);
  assert.deepEqual(withDay([1, 2, 3], 2, false), [1, 3]);
  assert.deepEqual(withDay([1], 1, true), [1]);
});

test("a shift is said in its largest whole unit", () => {
  assert.deepEqual([168, 336, 24, 72, 12, 1, 36].map(shiftInWords), ["1 week", "2 weeks", "1 day", "3 days", "12 hours", "1 hour", "36 hours"]);
});

test("steps come due one after the other", () => {
  assert.deepEqual(dueMinutes([{ minutes: 5 }, { minutes: 60 }, { minutes: 10 }]), [0, 5, 65]);
  assert.deepEqual([0, 5, 60, 130].map(afterMinutes), ["at once", "after 5 min", "after 1 h", "after 2 h 10 min"]);
});
