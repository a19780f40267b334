import assert from "node:assert/strict";
import { test } from "node:test";

import { atRest } from "../js/page/at-rest.js";

function setUp() {
  const world = { at: 0, due: Infinity, run: () => {}, done: /** @type {number[]} */ ([]) };
  const ask = atRest(() => world.done.push(world.at), 300, 2_000, {
    now: () => world.at, later: (f, ms) => { world.due = world.at + ms; world.run = f; }, cancel: () => { world.due = Infinity; },
  });
  const pass = (/** @type {number} */ ms) => {
    for (const end = world.at + ms; world.at < end; world.at += 100) {
      if (world.due > world.at) continue;
      world.due = Infinity;
      world.run();
    }
  };
  return { world, ask, pass };
}

test("what is asked for many times is done once, when there is rest", () => {
  const { world, ask, pass } = setUp();
  ask();
  pass(200);
  ask();
  pass(1_000);
  assert.deepEqual(world.done, [500]);
});

test("what is asked for all the time is done all the same", () => {
  const { world, ask, pass } = setUp();
  for (let i = 0; i < 45; i += 1) {
    ask();
    pass(100);
  }
  assert.deepEqual(world.done, [2_000, 4_100]);
});
