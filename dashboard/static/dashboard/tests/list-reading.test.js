import assert from "node:assert/strict";
import { test } from "node:test";

import { ListReading } from "../js/page/list-reading.js";

const soon = () => new Promise((done) => { setImmediate(done); });

/** A list whose readings are answered when the test says so. */
function list() {
  /** @type {{what: string, answer: (rows: string[]|null) => void, fail: (error: Error) => void}[]} */ const asked = [];
  const page = { question: "", asked, /** @type {string[]} */ rows: [], /** @type {string[]} */ failed: [], again: () => {} };
  const reading = new ListReading({
    question: () => page.question,
    ask: (question, isMore) => new Promise((answer, fail) => { asked.push({ what: isMore ? `${question} after ${page.rows.at(-1)}` : question, answer: /** @type {any} */ (answer), fail }); }),
    show: (/** @type {string[]} */ rows, isMore) => { page.rows = isMore ? [...page.rows, ...rows] : rows; },
    failed: ({ message }, again) => { page.failed.push(message); page.again = again; },
  });
  return { page, reading, whats: () => asked.map(({ what }) => what) };
}

test("the answer to a former question is not shown over that to the present one", async () => {
  const { page, reading, whats } = list();
  reading.read();
  await soon();
  page.question = "quiet";
  reading.read(); // at once: it does not wait for what nobody wants any more
  await soon();
  assert.deepEqual(whats(), ["", "quiet"]);
  page.asked[1].answer(["c"]);
  await soon();
  page.asked[0].answer(["a", "b", "c"]);
  await soon();
  assert.deepEqual(page.rows, ["c"]);
});

test("neither is it shown before, nor how it failed", async () => {
  const { page, reading } = list();
  reading.read();
  await soon();
  page.question = "quiet";
  reading.read();
  await soon();
  page.asked[0].fail(new Error("away"));
  await soon();
  assert.deepEqual([page.rows, page.failed], [[], []]);
});

test("of one question readings come in turn, and a hundred askings are two", async () => {
  const { page, reading, whats } = list();
  for (let i = 0; i < 100; i += 1) reading.read();
  await soon();
  assert.equal(whats().length, 1);
  reading.read();
  reading.read();
  page.asked[0].answer(["a"]);
  await soon();
  assert.deepEqual(page.rows, ["a"]);
  assert.equal(whats().length, 2);
  page.asked[1].answer(["b", "a"]);
  await soon();
  assert.deepEqual([page.rows, whats().length], [["b", "a"], 2]);
});

test("more goes on after what is shown, also when the list is being read again", async () => {
  const { page, reading, whats } = list();
  reading.read();
  await soon();
  page.asked[0].answer(["a"]);
  await soon();
  reading.read();
  reading.more();
  await soon();
  assert.deepEqual(whats(), ["", ""]);
  page.asked[1].answer(["b", "a"]);
  await soon();
  assert.equal(whats()[2], " after a");
  page.asked[2].answer(["z"]);
  await soon();
  assert.deepEqual(page.rows, ["b", "a", "z"]);
});

test("more of a former question is not appended", async () => {
  const { page, reading } = list();
  page.rows = ["a"];
  reading.more();
  await soon();
  page.question = "quiet";
  reading.read();
  await soon();
  page.asked[1].answer(["c"]);
  await soon();
  page.asked[0].answer(["z"]);
  await soon();
  assert.deepEqual(page.rows, ["c"]);
});

test("nothing follows: nothing is shown; and after a failure the same can be asked again", async () => {
  const { page, reading } = list();
  page.rows = ["a"];
  reading.more();
  await soon();
  page.asked[0].answer(null);
  await soon();
  assert.deepEqual(page.rows, ["a"]);
  reading.more();
  await soon();
  page.asked[1].fail(new Error("away"));
  await soon();
  assert.deepEqual(page.failed, ["away"]);
  page.again();
  await soon();
  assert.equal(page.asked[2].what, " after a");
});

test("who reads waits until it is shown, and no longer", async () => {
  const { page, reading } = list();
  let done = false;
  reading.read().then(() => { done = true; });
  await soon();
  assert.equal(done, false);
  page.asked[0].answer(["a"]);
  await soon();
  assert.equal(done, true);
});
