import assert from "node:assert/strict";
import test from "node:test";
import { ProblemRoom } from "../js/fleet/problem-room.js";

/** A page whose clock and viewer are moved by hand. */
function page() {
  const world = { at: 1_000, phone: false, touch: () => {} };
  const list = { dataset: /** @type {any} */ ({}) };
  const room = new ProblemRoom(list, { now: () => world.at, isPhone: () => world.phone, used: (told) => { world.touch = told; } });
  return { world, room, /** @param {number} many */ make: (many) => { room.make(many); return list.dataset.room; } };
}

test("the first picture has the room it needs, at least a row and not the whole page", () => {
  assert.deepEqual([0, 1, 4, 40].map((many) => page().make(many)), ["1", "1", "4", "5"]);
  const phone = page();
  phone.world.phone = true;
  assert.equal(phone.make(40), "3");
});
test("under somebody's hand nothing grows; left alone it does, a row at a time", () => {
  const { world, make } = page();
  assert.equal(make(2), "2");
  world.at += 29_000;
  world.touch();
  world.at += 29_000;
  assert.equal(make(5), "2", "touched 29 s ago");
  world.at += 2_000;
  assert.equal(make(5), "3");
  world.at += 1_000;
  assert.equal(make(5), "3", "not at once");
  world.at += 5_000;
  assert.equal(make(5), "4");
  world.at += 6_000;
  assert.equal(make(1), "3", "and it shrinks as slowly");
});
test("a page that took long to load was not left alone so long", () => {
  const { world, make } = page();
  world.at += 60_000;
  assert.equal(make(1), "1");
  world.at += 6_000;
  assert.equal(make(5), "1");
});
test("all of them are shown when asked for, and what there is room for again", () => {
  const { room, make } = page();
  make(2);
  room.turn();
  assert.equal(make(9), "all");
  room.turn();
  assert.equal(make(9), "5", "as on a first picture");
});
