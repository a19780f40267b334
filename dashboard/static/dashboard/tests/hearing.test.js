import assert from "node:assert/strict";
import test from "node:test";
import { Hearing, newestOf, silentAmong } from "../js/presence/hearing.js";

const NOW = 1_700_000_000_000;

function told(lastSeen, newest, lead = 0) {
  const hearing = new Hearing();
  hearing.tell({ last_seen: lastSeen, lead }, newest);
  return hearing;
}

test("a reading that arrives late or is filled in is not heard now", () => {
  const hearing = told(NOW - 60_000, NOW - 60_000);
  hearing.reading(NOW - 3_600_000, NOW);
  hearing.reading(NOW - 60_000, NOW);
  assert.equal(hearing.heard, NOW - 60_000);
});
test("a newer reading is heard at its time", () => {
  const hearing = told(NOW - 60_000, NOW - 60_000);
  hearing.reading(NOW - 500, NOW);
  assert.equal(hearing.heard, NOW - 500);
});
test("a clock an hour behind is heard now all the same", () => {
  const hearing = told(NOW - 10_000, NOW - 3_610_000, -3_600_000);
  hearing.reading(NOW - 3_600_000, NOW);
  assert.equal(hearing.heard, NOW);
});
test("a clock ahead is not heard in the future", () => {
  const hearing = told(NOW - 5000, NOW + 55_000, 60_000);
  hearing.reading(NOW + 61_000, NOW);
  assert.equal(hearing.heard, NOW);
});
test("one time stamp that is wrong moves nothing, and what follows is heard", () => {
  const hearing = told(NOW - 5000, NOW - 5000);
  hearing.reading(NOW + 18_000_000, NOW);
  assert.deepEqual([hearing.heard, hearing.newest], [NOW - 5000, NOW - 5000]);
  hearing.reading(NOW + 1000, NOW + 1000);
  assert.equal(hearing.heard, NOW + 1000);
});
test("an older answer of the server takes nothing back", () => {
  const hearing = told(NOW, NOW);
  hearing.tell({ last_seen: NOW - 5000, lead: 0 }, NOW - 5000);
  assert.deepEqual([hearing.heard, hearing.newest], [NOW, NOW]);
});
test("a beat says when it was heard, an older one takes nothing back", () => {
  const hearing = told(null, null);
  hearing.heardAt(NOW - 1000);
  hearing.heardAt(NOW);
  hearing.heardAt(NOW - 500);
  assert.equal(hearing.heard, NOW);
});
test("the newest of several series, or none", () => {
  assert.equal(newestOf([{ latest: [3, 1] }, { latest: null }, { latest: [7, "x"] }]), 7);
  assert.equal(newestOf([{ latest: null }]), null);
});
test("a sensor is silent among others that went on, not with all of them", () => {
  const silent = { name: "silent" };
  const series = (other) => [{ id: 1, latest: [NOW - 400_000, 1], interval: 60, state: silent }, { id: 2, latest: [other, 1], interval: 60, state: silent }, { id: 3, latest: null, interval: 60, state: null }];
  assert.deepEqual([...silentAmong(series(NOW))], [[1, NOW - 400_000]]);
  assert.deepEqual([...silentAmong(series(NOW - 399_000))], []);
});
