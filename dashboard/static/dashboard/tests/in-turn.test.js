import assert from "node:assert/strict";
import { test } from "node:test";

import { inTurn } from "../js/page/in-turn.js";

/** A reading that is answered when the test says so. */
function reading() {
  /** @type {{answer: () => void, fail: (error: Error) => void}[]} */ const asked = [];
  return { asked, read: () => new Promise((answer, fail) => { asked.push({ answer: () => answer(null), fail }); }) };
}

const soon = () => new Promise((done) => { setImmediate(done); });

test("what is asked for while it reads is read once more, after it", async () => {
  const { asked, read } = reading();
  const turn = inTurn(read);
  let shown = 0;
  turn();
  turn().then(() => { shown += 1; });
  turn().then(() => { shown += 1; });
  assert.equal(asked.length, 1);
  asked[0].answer();
  await soon();
  assert.equal(asked.length, 2);
  assert.equal(shown, 0); // what came before the asking says nothing about it
  asked[1].answer();
  await soon();
  assert.deepEqual([asked.length, shown], [2, 2]);
  turn();
  assert.equal(asked.length, 3);
});

test("after a reading that failed it is read again", async () => {
  const { asked, read } = reading();
  const turn = inTurn(read);
  const failed = assert.rejects(turn(), /away/);
  asked[0].fail(new Error("away"));
  await failed;
  turn();
  assert.equal(asked.length, 2);
});

test("what was asked for while a reading failed is read", async () => {
  const { asked, read } = reading();
  const turn = inTurn(read);
  const failed = assert.rejects(turn(), /away/);
  const second = turn();
  asked[0].fail(new Error("away"));
  await failed;
  await soon();
  assert.equal(asked.length, 2);
  asked[1].answer();
  await second;
});

test("who asks waits for their own reading, although others go on asking", async () => {
  const { asked, read } = reading();
  const turn = inTurn(read);
  turn();
  const mine = turn();
  for (let i = 0; i < 3; i += 1) {
    asked[i].answer();
    await soon();
    turn();
  }
  await mine;
  assert.equal(asked.length, 4);
});
