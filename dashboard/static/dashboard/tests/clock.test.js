import assert from "node:assert/strict";
import test from "node:test";

import { serverNow, synchronise } from "../js/time/clock.js";

const NOW = 1_795_327_200_000;

test("a word that was long on its way does not set the clock back, and one that was quick sets it on", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: NOW });
  synchronise(NOW + 5_000 - 800); // five seconds ahead of this machine, heard 0.8 s late
  assert.equal(serverNow(), NOW + 4_200);
  synchronise(NOW + 5_000 - 20);
  assert.equal(serverNow(), NOW + 4_980);
  synchronise(NOW + 5_000 - 3_000);
  assert.equal(serverNow(), NOW + 4_980);
});

test("a clock that was set is believed: the server's set back within a minute, this machine's set back at once", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: NOW + 100_000 });
  synchronise(NOW + 100_000);
  assert.equal(serverNow(), NOW + 100_000);
  for (let second = 2; second <= 62; second += 2) {
    t.mock.timers.tick(2_000);
    synchronise(NOW + 100_000 + second * 1_000 - 7_000);
  }
  assert.equal(serverNow(), NOW + 155_000);
  t.mock.timers.setTime(NOW);
  synchronise(NOW + 155_000);
  assert.equal(serverNow(), NOW + 155_000);
});
