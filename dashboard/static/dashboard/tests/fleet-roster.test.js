import assert from "node:assert/strict";
import test from "node:test";
import { FleetRoster } from "../js/fleet/fleet-roster.js";

const series = (id, metric, facts = {}) => ({ id, metric, kind: "gauge", unit: "", latest: null, position: id, ...facts });
const facts = (uid, all) => ({ id: uid.length, uid, name: uid, kind: "freezer", enabled: true, expected_interval: 10, series: all });

test("a device that comes has the alert and the card that were there before it", () => {
  const changed = [];
  const roster = new FleetRoster((device) => changed.push(device.uid));
  const worst = /** @type {any} */ ({ id: 1, device: "a", series: null, severity: "critical" });
  roster.showAlerts([worst, { ...worst, id: 2, severity: "info" }]);
  roster.dress([{ id: 1, kind: "freezer", main: "humidity", others: [], word: "", bar: "" }]);
  roster.put(facts("a", [series(1, "temperature"), series(2, "humidity")]));
  const device = roster.devices.get("a");
  assert.equal(device.alert, worst, "the worst of two");
  assert.equal(device.card.main.metric, "humidity");
  assert.deepEqual(changed, ["a"]);
});
test("what changed of its series is merged into what is there, and what was deleted goes", () => {
  const roster = new FleetRoster(() => {});
  roster.put(facts("a", [series(1, "temperature", { label: "Air" }), series(2, "humidity")]));
  assert.ok(roster.tell({ op: "series", uid: "a", series: [{ id: 1, unit: "°C" }, series(3, "door")], deleted: [2] }));
  const found = roster.devices.get("a").facts.series;
  assert.deepEqual(found.map(({ id, unit, label }) => [id, unit, label]), [[1, "°C", "Air"], [3, "", undefined]]);
  assert.equal(roster.bySeries.get(3).uid, "a");
  assert.ok(!roster.tell({ op: "presence", uid: "b", connection: "online", since: 1 }), "it is not here");
});
test("a removed device is told from one that a late read brings, until it is announced anew", () => {
  const roster = new FleetRoster(() => {});
  roster.put(facts("a", [series(1, "temperature")]));
  assert.ok(roster.remove("a"));
  assert.ok(!roster.remove("a"));
  assert.ok(roster.gone.has("a"));
  assert.equal(roster.bySeries.size, 0);
  assert.ok(roster.tell({ op: "device", device: facts("a", []) }));
  assert.ok(!roster.gone.has("a"));
});
test("what was told while a read was on its way is newer than its answer", () => {
  const roster = new FleetRoster(() => {});
  roster.put(facts("old", [series(1, "temperature")]));
  roster.put(facts("a", [series(2, "temperature")]));
  roster.begin();
  roster.tell({ op: "device", device: facts("new", []) });
  roster.tell({ op: "presence", uid: "a", connection: "offline", since: 5 });
  roster.tell({ op: "series", uid: "a", series: [series(3, "door")] });
  roster.put({ ...facts("a", [series(2, "temperature")]), presence: { connection: "online", since: 1, last_seen: 1 } }); // the answer
  assert.deepEqual(roster.end(new Set(["a"])), { left: ["old"], isWhole: true });
  const device = roster.devices.get("a");
  assert.equal(device.facts.presence.connection, "offline");
  assert.deepEqual(device.facts.series.map(({ id }) => id), [2, 3]);
  assert.ok(roster.devices.has("new"));
});
test("a device that came and went while a read was on its way is not had back", () => {
  const roster = new FleetRoster(() => {});
  roster.begin();
  roster.tell({ op: "device", device: facts("a", []) });
  roster.remove("a");
  assert.deepEqual(roster.end(new Set([])).left, []);
  assert.equal(roster.devices.size, 0);
});
