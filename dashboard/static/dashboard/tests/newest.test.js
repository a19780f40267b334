import assert from "node:assert/strict";
import { test } from "node:test";

import { newest } from "../js/page/newest.js";

/** Questions that are answered when the test says so. */
function questions() {
  /** @type {Record<string, {answer: (text: string) => void, fail: (error: Error) => void}>} */ const asked = {};
  /** @type {string[]} */ const shown = [];
  const ask = newest((/** @type {string} */ what) => new Promise((answer, fail) => { asked[what] = { answer, fail }; }),
    (answer, what) => shown.push(`${what}: ${answer}`), ({ message }, what) => shown.push(`${what} failed: ${message}`));
  return { asked, shown, ask };
}

test("an older answer is not shown over a newer one, and neither is how an older one failed", async () => {
  const { asked, shown, ask } = questions();
  const all = ["a", "b", "c"].map((what) => ask(what));
  asked.c.answer("3");
  await all[2];
  asked.a.answer("1");
  asked.b.fail(new Error("away"));
  await Promise.all(all);
  assert.deepEqual(shown, ["c: 3"]);
});

test("the newest says how it failed", async () => {
  const { asked, shown, ask } = questions();
  const done = ask("a");
  asked.a.fail(new Error("away"));
  await done;
  assert.deepEqual(shown, ["a failed: away"]);
});

test("what is forgotten is answered to nobody, and what is asked after it is", async () => {
  const { asked, shown, ask } = questions();
  const left = ask("a");
  ask.forget();
  asked.a.answer("1");
  await left;
  const wanted = ask("b");
  asked.b.answer("2");
  await wanted;
  assert.deepEqual(shown, ["b: 2"]);
});
