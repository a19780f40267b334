/** A feed asks on from its cursor for whatever it missed, once, and says when it cannot. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Feed } from "../js/log/feed.js";

/** @returns {any} */
const entry = (id, more = {}) => ({ id, place: id, version: 1, kind: "said", at: id * 1000, text: "", author: { name: "mia" }, site: null, device: null, thread: null, tags: [], pinned: false, ...more });

/** A feed whose questions are answered by hand. */
function setUp(asked = {}) {
  const questions = [];
  const timers = [];
  const feed = new Feed(asked, { get: (path) => new Promise((answer, refuse) => questions.push({ path, answer, refuse })), later: (f) => timers.push(f) });
  const told = () => new Promise((done) => setImmediate(done));
  const answer = async (entries, cursor, more = false) => {
    questions.shift().answer({ entries, cursor, more });
    await told();
  };
  return { feed, questions, timers, answer, told, ids: () => feed.entries.map(({ id }) => id) };
}

test("a line that was lost while it read is asked about again, from the newest cursor", async () => {
  const { feed, questions, answer, ids } = setUp({ site: "hall" });
  feed.begin();
  assert.equal(questions[0].path, "/api/v1/log/?site=hall&limit=60");
  feed.catchUp(); // the socket said hello before the first page came: there is no cursor to ask on from yet
  assert.equal(questions.length, 1);
  await answer([entry(2), entry(1)], "5");
  feed.catchUp();
  feed.catchUp();
  assert.deepEqual(questions.map(({ path }) => path), ["/api/v1/log/?site=hall&after=5&limit=200"]);
  await answer([entry(3)], "6", true);
  await answer([entry(4)], "7");
  assert.deepEqual(ids(), [1, 2, 3, 4]);
  assert.equal(questions.length, 0);
});

test("what was told before there was a page to ask on from is asked for with it", async () => {
  const { feed, questions, answer, ids } = setUp();
  feed.begin();
  feed.catchUp(); // the answer on its way may be older than the hello
  await answer([entry(1)], "5");
  assert.deepEqual(questions.map(({ path }) => path), ["/api/v1/log/?after=5&limit=200"]);
  feed.ask({ site: "yard" });
  feed.catchUp();
  await answer([entry(2)], "6"); // of the narrowing before
  await answer([entry(3)], "7");
  assert.deepEqual(questions.map(({ path }) => path), ["/api/v1/log/?site=yard&after=7&limit=200"]);
  await answer([entry(4)], "8");
  assert.deepEqual([questions.length, ids()], [0, [3, 4]]);
});

test("what another narrowing answers late is not shown", async () => {
  const { feed, questions, answer, ids, told } = setUp({ site: "hall" });
  feed.begin();
  feed.ask({ site: "yard" });
  const [late] = questions.splice(0, 1);
  await answer([entry(9)], "1");
  late.answer({ entries: [entry(1)], cursor: "1", more: false });
  await told();
  assert.deepEqual(ids(), [9]);
});

test("what a search finds is asked of the server; a change of what is shown is shown at once", async () => {
  const { feed, questions, timers, answer, ids } = setUp({ search: "pump" });
  feed.begin();
  await answer([entry(1, { text: "pump" })], "1");
  feed.hear(entry(2, { text: "nothing of it" }));
  feed.hear(entry(1, { version: 2, text: "pump!" }));
  assert.deepEqual(ids(), [1]);
  assert.equal(feed.entries[0].text, "pump!");
  assert.equal(timers.length, 1);
  timers.shift()();
  assert.equal(questions[0].path, "/api/v1/log/?search=pump&after=1&limit=200");
  await answer([], "3");
  assert.deepEqual(ids(), [1]);
});

test("a day of the past takes in what changes, and nothing that is new", async () => {
  const { feed, answer, ids } = setUp({ to: 5_000 });
  feed.begin();
  await answer([entry(3)], "1");
  feed.hear(entry(7));
  feed.hear(entry(3, { version: 4, pinned: true }));
  assert.deepEqual(ids(), [3]);
  assert.equal(feed.entries[0].pinned, true);
});

test("a read that fails is told, and tried again", async () => {
  const { feed, questions, timers, answer, told, ids } = setUp();
  feed.begin();
  questions.shift().refuse(new Error("The server does not answer."));
  await told();
  assert.equal(feed.failed, "The server does not answer.");
  assert.equal(feed.loading, "");
  timers.shift()();
  await answer([entry(1)], "1");
  assert.deepEqual([feed.failed, ids()], [null, [1]]);
});
