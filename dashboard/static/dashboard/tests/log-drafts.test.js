/** Nothing written is lost: drafts, what is on its way, and what the server does not take. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts, Outbox, placeName } from "../js/log/drafts.js";
import { complete, likely, typedName } from "../js/log/mentions.js";

/** As a browser's localStorage, which throws when it is full. */
class Kept {
  constructor(most = Infinity) { this.most = most; this.map = new Map(); }
  get length() { return this.map.size; }
  key(i) { return [...this.map.keys()][i] ?? null; }
  getItem(key) { return this.map.get(key) ?? null; }
  setItem(key, value) {
    if (!this.map.has(key) && this.map.size >= this.most) throw new Error("full");
    this.map.set(key, value);
  }
  removeItem(key) { this.map.delete(key); }
}

function setUp({ storage = new Kept(), answers = [] } = {}) {
  const posted = [];
  const timers = [];
  const world = {
    storage, now: () => posted.length, later: (f) => timers.push(f),
    post: (written) => {
      posted.push(written.client_id);
      const answer = answers.shift() ?? 200;
      if (answer === 200) return Promise.resolve({ entry: { id: posted.length, client_id: written.client_id } });
      return Promise.reject(Object.assign(new Error(`status ${answer}`), { status: answer }));
    },
  };
  return { outbox: new Outbox("olga", world), world, storage, posted, timers, ready: () => new Promise((done) => setImmediate(done)) };
}

const written = (id) => ({ client_id: id, text: id, site: "hall" });

test("a draft is kept for each place and each who writes, and gone once it is empty", () => {
  const storage = new Kept();
  const drafts = new Drafts("olga", storage, () => 1);
  drafts.keep("site:hall", { text: "half a sen", view: "/x/" });
  assert.equal(new Drafts("olga", storage, () => 2).read("site:hall").text, "half a sen");
  assert.equal(drafts.read("site:"), null);
  assert.equal(new Drafts("mia", storage, () => 2).read("site:hall"), null);
  drafts.keep("site:hall", { text: " " });
  assert.equal(storage.length, 0);
  assert.equal(placeName({ site: "hall" }), "site:hall");
  assert.equal(placeName({ site: "hall", device: "p", note: true }), "device:p:note");
  assert.equal(placeName({ thread: 4, device: "p" }), "thread:4");
});

test("the oldest draft goes when there are too many, and a full browser is told of", () => {
  const storage = new Kept();
  let now = 0;
  const drafts = new Drafts("olga", storage, () => ++now);
  for (let i = 0; i < 51; i += 1) drafts.keep(`device:${i}`, { text: "x" });
  assert.equal(storage.length, 50);
  assert.equal(drafts.read("device:0"), null);
  assert.equal(new Drafts("olga", new Kept(0), () => 1).keep("site:", { text: "x" }), false);
});

test("what cannot be saved is kept, tried again, and found after a reload", async () => {
  const { outbox, storage, posted, timers, ready } = setUp({ answers: [0, 503, 200] });
  const saved = [];
  outbox.addEventListener("saved", (event) => saved.push(/** @type {CustomEvent} */ (event).detail.client_id));
  assert.equal(outbox.send(written("a")), true);
  assert.equal(outbox.all[0].failed, null);
  await ready();
  assert.equal(outbox.all[0].failed, "status 0");
  const reloaded = setUp({ storage });
  assert.deepEqual(reloaded.outbox.all.map((one) => [one.written.text, one.failed]), [["a", "The page was left before it was."]]);
  timers.shift()();
  await ready();
  timers.shift()();
  await ready();
  assert.deepEqual(posted, ["a", "a", "a"]);
  assert.deepEqual(saved, ["a"]);
  assert.equal(storage.length, 0);
  assert.equal(timers.length, 0);
});

test("what the server refuses is not tried again but by hand", async () => {
  const { outbox, posted, timers, ready } = setUp({ answers: [400, 0, 200] });
  outbox.send(written("bad"));
  outbox.send(written("good"));
  await ready();
  timers.shift()();
  await ready();
  assert.deepEqual(posted, ["bad", "good", "good"]);
  assert.deepEqual(outbox.all.map(({ written: { client_id }, refused }) => [client_id, refused]), [["bad", true]]);
  outbox.retry("bad");
  await ready();
  assert.equal(outbox.all.length, 0);
});

test("one that somebody saw is saved, whatever its answer was; of too many none is dropped", async () => {
  const { outbox, storage, ready } = setUp({ answers: Array.from({ length: 200 }, () => 0) });
  outbox.send(written("seen"));
  await ready();
  outbox.forget("seen");
  assert.equal(storage.length, 0);
  for (let i = 0; i < 100; i += 1) assert.equal(outbox.send(written(`n${i}`)), true);
  assert.equal(outbox.send(written("n100")), false);
});

test("a name is offered while it is typed, and completed", () => {
  assert.deepEqual(typedName("ask @ol", 7), { from: 4, typed: "ol" });
  assert.deepEqual(typedName("@", 1), { from: 0, typed: "" });
  assert.equal(typedName("mail a@ol", 9), null);
  assert.equal(typedName("@olga said", 10), null);
  assert.deepEqual(likely("o", ["mia.o", "Olga", "otto", "ben"]), ["Olga", "otto", "mia.o"]);
  assert.deepEqual(complete("ask @ol now", { from: 4, typed: "ol" }, "olga"), { text: "ask @olga now", caret: 10 });
});
