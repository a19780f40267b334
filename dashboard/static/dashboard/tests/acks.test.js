import assert from "node:assert/strict";
import test from "node:test";
import { Acks } from "../js/live/acks.js";

function made(ahead = 8) {
  const world = { sent: [], due: [], later(f) { const timer = { f }; this.due.push(timer); return timer; }, cancel(timer) { this.due = this.due.filter((one) => one !== timer); } };
  return { world, acks: new Acks((seq) => world.sent.push(seq), world, ahead) };
}
const take = (acks, seq) => {
  acks.receive(seq);
  acks.draw(seq);
};

test("half of what the server sends ahead is one ack", () => {
  const { world, acks } = made();
  for (let seq = 1; seq <= 9; seq += 1) take(acks, seq);
  assert.deepEqual(world.sent, [4, 8]);
});
test("the rest is told after a while, once", () => {
  const { world, acks } = made();
  take(acks, 1);
  take(acks, 2);
  assert.equal(world.due.length, 1);
  world.due[0].f();
  assert.deepEqual([world.sent, world.due], [[2], []]);
});
test("a server that sends one frame ahead gets one ack a frame", () => {
  const { world, acks } = made(1);
  take(acks, 1);
  take(acks, 2);
  assert.deepEqual(world.sent, [1, 2]);
});
test("what came before the tab was hidden counts as drawn, and is not told twice", () => {
  const { world, acks } = made();
  acks.receive(1);
  acks.receive(2);
  acks.skip();
  acks.skip();
  acks.draw(1); // its frame comes when the tab is shown again
  acks.draw(2);
  assert.deepEqual([world.sent, world.due], [[2], []]);
});
test("nothing is told of a socket that is gone", () => {
  const { world, acks } = made(2);
  acks.receive(1);
  acks.end();
  acks.draw(1);
  acks.skip();
  assert.deepEqual([world.sent, world.due], [[], []]);
});
