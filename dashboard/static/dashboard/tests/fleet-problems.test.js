import assert from "node:assert/strict";
import test from "node:test";
import { beganIn, beyond, withSides } from "../js/fleet/limits.js";
import { byWorst, limitsPassed, problemsOf, Told } from "../js/fleet/problems.js";
import { FleetDevice } from "../js/fleet/fleet-device.js";
import { Latest } from "../js/live/latest.js";

const NOW = 1_000_000_000;
/** @returns {any} */
const above = (value) => ({ value, label: "", op: "above" });

test("of several lines the farthest that is passed, and none on a side that nobody knows", () => {
  assert.equal(beyond(5, [above(2.8), above(4.5), above(6)])?.value, 4.5);
  assert.equal(beyond(-5, [{ value: 0, label: "", op: "below" }])?.value, 0);
  assert.equal(beyond(2.8, [above(2.8)]), null);
  assert.equal(beyond(5, [{ value: 1, label: "", op: null }, { value: 1, label: "" }]), null);
  assert.equal(beyond("ERR", [above(1)]), null);
});
test("an event that does not say the side leaves the one that is known", () => {
  assert.deepEqual(withSides({ t: [{ value: 1, label: "x" }, above(2)], n: [{ value: 3, label: "" }] }, { t: [above(1)] }), {
    t: [{ value: 1, label: "x", op: "above" }, above(2)], n: [{ value: 3, label: "", op: null }],
  });
});
test("it began with the first of the readings beyond, by buckets with the first that is so as a whole", () => {
  assert.deepEqual(beganIn([[1, 5], [2, 1], [3, 9], [4, 9]], above(4)), { since: 3, sure: true });
  assert.deepEqual(beganIn([[1, 5], [2, 9]], above(4)), { since: 1, sure: false });
  assert.deepEqual(beganIn([[1, 8, 3, 9, 4], [2, 8, 7, 9, 4]], above(4)), { since: 2, sure: true });
  assert.equal(beganIn([[1, 9], [2, 1]], above(4)), null);
  assert.equal(beganIn([], above(4)), null);
});

const facts = (more = {}) => ({
  id: 1, uid: "f-1", name: "Freezer", site: { slug: "h", name: "Harbour" }, kind: "freezer", tags: [], enabled: true, expected_interval: 10,
  presence: { connection: "online", since: NOW - 9e6, last_seen: NOW - 1000, lead: 0 }, thresholds: { temperature: [{ value: -15, label: "Too warm", op: "above" }] },
  series: [{ id: 7, metric: "temperature", unit: "°C", kind: "gauge", precision: 1, label: "", latest: [NOW - 60_000, -10], interval: 10, state: { name: "online", since: null } }], ...more,
});
const made = (more) => {
  const device = new FleetDevice(facts(more));
  device.judge(NOW, false);
  return device;
};

test("a value beyond a threshold is a problem, in words, since when it passed it", () => {
  const device = made({});
  assert.deepEqual([device.state, device.word], ["limit", "Beyond limit"]);
  const [problem] = problemsOf(device, undefined);
  assert.deepEqual([problem.mark, problem.says, problem.since, problem.sure], ["limit", "Too warm: Temperature −10.0\u2009°C, limit −15.0\u2009°C", NOW - 60_000, false]);
  device.look(7, [[NOW - 900_000, -18], [NOW - 120_000, -12], [NOW - 60_000, -10]]);
  assert.equal(problemsOf(device, undefined)[0].since, NOW - 120_000);
  device.add(7, [[NOW - 500, -16]], NOW);
  assert.deepEqual(problemsOf(device, undefined), []);
  device.add(7, [[NOW - 400, -14]], NOW);
  assert.deepEqual([problemsOf(device, undefined)[0].since, problemsOf(device, undefined)[0].sure], [NOW - 400, true]);
});
test("pages that keep no past of a device say what its newest values are beyond", () => {
  const latest = new Latest();
  /** @type {any} */ const device = facts();
  assert.deepEqual(limitsPassed(device, latest), []);
  latest.stored(7, [NOW, -10]);
  assert.deepEqual(limitsPassed(device, latest), ["Too warm: Temperature −10.0\u2009°C, limit −15.0\u2009°C"]);
  latest.live(7, [NOW + 1, -15]);
  assert.deepEqual(limitsPassed(device, latest), []);
  assert.deepEqual(limitsPassed({ ...device, thresholds: undefined }, latest), []);
});
test("a threshold that is moved is judged at once", () => {
  const device = made({});
  device.update({ thresholds: { temperature: [{ value: -5, label: "" }] } });
  assert.equal(device.exceeded.size, 0); // on which side nobody says
  device.update({ thresholds: { temperature: [{ value: -12, label: "", op: "above" }] } });
  assert.equal(device.exceeded.get(7)?.line.value, -12);
  device.update({ series: [] });
  assert.equal(device.exceeded.size, 0);
});
test("what an alert says already is said once", () => {
  const device = made({ presence: { connection: "offline", since: NOW - 50_000, last_seen: NOW - 60_000, lead: 0 } });
  assert.deepEqual(problemsOf(device, undefined).map(({ mark }) => mark), ["limit", "offline"]);
  assert.deepEqual(problemsOf(device, { whole: true, series: new Set() }).map(({ mark }) => mark), ["limit"]);
  assert.deepEqual(problemsOf(device, { whole: false, series: new Set([7]) }).map(({ mark }) => mark), ["offline"]);
});

const problem = (key, mark, since, more = {}) => /** @type {any} */ ({ key, mark, since, sure: true, alert: null, ...more });
test("the worst first, of equal ones the longest", () => {
  const all = [problem("a", "silent", 1), problem("b", "limit", 9), problem("c", "warning", 5), problem("d", "critical", 99), problem("e", "sensors", 1), problem("f", "offline", 1)];
  assert.deepEqual(all.sort(byWorst).map(({ key }) => key), ["d", "c", "b", "e", "f", "a"]);
});
test("what lasts 10 s is told, and leaves after 30 s well", () => {
  const told = new Told();
  const keys = (now, problems, isTaken) => told.at(problems, now, isTaken).map(({ problem: { key, since }, well }) => [key, since, well !== null]);
  const bad = problem("a", "limit", 0);
  assert.deepEqual(keys(9_999, [bad]), []);
  assert.deepEqual(keys(10_000, [bad]), [["a", 0, false]]);
  assert.deepEqual(keys(20_000, []), [["a", 0, true]]);
  // It comes back meanwhile: the same, from its first moment.
  assert.deepEqual(keys(40_000, [problem("a", "limit", 39_000)]), [["a", 0, false]]);
  assert.deepEqual(keys(50_000, []), [["a", 0, true]]);
  assert.deepEqual(keys(79_999, []), [["a", 0, true]]);
  assert.deepEqual(keys(80_000, []), []);
  assert.deepEqual(keys(80_001, [problem("alert 4", "info", 80_000, { alert: {} })]), [["alert 4", 80_000, false]]);
  assert.deepEqual(keys(80_002, [], () => true), []);
});
test("what is well again stands after what is not", () => {
  const told = new Told();
  told.at([problem("a", "critical", 0), problem("b", "silent", 0)], 20_000);
  assert.deepEqual(told.at([problem("b", "silent", 0)], 21_000).map(({ problem: { key } }) => key), ["b", "a"]);
});
