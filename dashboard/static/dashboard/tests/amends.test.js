import assert from "node:assert/strict";
import test from "node:test";
import { Amends } from "../js/fleet/amends.js";
import { FleetRoster } from "../js/fleet/fleet-roster.js";

const series = (id, latest) => ({ id, metric: `m${id}`, kind: "gauge", unit: "", latest, position: id });
const facts = (uid, all) => ({ id: uid.length, uid, name: uid, kind: "freezer", enabled: true, expected_interval: 10, series: all, thresholds: { m1: [{ value: 50, label: "", op: "above" }] } });

/** A fleet with two series of one device, whose reads are answered with what `stored` holds. */
function fleet() {
  const roster = new FleetRoster(() => {});
  roster.put(facts("a", [series(1, [5, 99]), series(2, [5, 7])]));
  const world = { asked: [], timers: [], wholes: 0, shown: 0, stored: new Map() };
  const amends = new Amends(roster, {
    get: async (address) => {
      world.asked.push(address);
      if (world.stored.size === 0) throw new Error("No such series: 1.");
      return { series: [...world.stored].map(([id, latest]) => ({ id, latest })) };
    },
    whole: () => { world.wholes += 1; }, shown: () => { world.shown += 1; }, later: (act) => world.timers.push(act),
  });
  const pass = async () => {
    for (const act of world.timers.splice(0)) act();
    await new Promise((done) => setImmediate(done));
  };
  return { roster, world, amends, pass, device: /** @type {any} */ (roster.devices.get("a")) };
}

test("a value that was corrected or deleted is asked for by name, once for many changes", async () => {
  const { world, amends, pass, device } = fleet();
  assert.equal(device.exceeded.size, 1);
  world.stored = new Map([[1, [4, 3]], [2, null]]);
  amends.of([1, 77]); // 77 is of a device that is not here
  amends.of([2]);
  await pass();
  assert.deepEqual(world.asked, ["/api/v1/readings/latest/?series=1,2"]);
  assert.deepEqual([device.latest.get(1), device.latest.get(2), device.exceeded.size, world.shown], [[4, 3], undefined, 0, 1]);
  device.update({ series: device.facts.series }); // as a part of it that changed is told
  assert.deepEqual(device.latest.get(1), [4, 3]);
});
test("what cannot be asked for by name is read with the whole fleet", async () => {
  const { roster, world, amends, pass } = fleet();
  amends.of([1]);
  await pass();
  assert.deepEqual([world.asked.length, world.wholes], [1, 1]);
  roster.put(facts("many", Array.from({ length: 400 }, (_, i) => series(100 + i, null))));
  amends.of(Array.from({ length: 400 }, (_, i) => 100 + i));
  await pass();
  assert.deepEqual([world.asked.length, world.wholes], [1, 2]);
});
