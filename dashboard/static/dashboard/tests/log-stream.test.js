/** The log a page holds has no gap and no double, in whatever order its parts come. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { belongs, Stream } from "../js/log/stream.js";

/** @returns {any} */
const entry = (id, version = 1, more = {}) => ({ id, place: id, version, kind: "offline", author: null, site: null, device: null, thread: null, tags: [], pinned: false, ...more });
const answer = (entries, cursor, more = false) => ({ entries, cursor, more });
const ids = (stream) => stream.entries.map(({ id }) => id);

test("an event and an answer that bring the same entry bring it once, and the newer of two forms stays", () => {
  const stream = new Stream();
  stream.begin(answer([entry(3), entry(2)], "c1"));
  assert.equal(stream.hear(entry(5, 1)), true);
  assert.equal(stream.hear(entry(5, 1)), false);
  stream.hear(entry(3, 4, { text: "new" }));
  stream.after(answer([entry(4), entry(3, 2, { text: "old" }), entry(5, 2)], "c2"));
  assert.deepEqual(ids(stream), [2, 3, 4, 5]);
  assert.equal(stream.held.get(3).text, "new");
  assert.equal(stream.held.get(5).version, 2);
});

test("what is heard before the first answer is not lost", () => {
  const stream = new Stream();
  stream.hear(entry(4));
  stream.begin(answer([entry(3), entry(2)], "c1", true));
  assert.deepEqual(ids(stream), [2, 3, 4]);
});

test("a change of what is not read yet waits for its page", () => {
  const stream = new Stream();
  stream.begin(answer([entry(9), entry(8)], "c1", true));
  stream.hear(entry(2, 3));
  stream.after(answer([entry(3, 2)], "c2"));
  assert.deepEqual(ids(stream), [8, 9]);
  stream.before(answer([entry(7), entry(3, 2), entry(2, 3)], "c3"));
  assert.deepEqual(ids(stream), [2, 3, 7, 8, 9]);
  assert.equal(stream.older, false);
  stream.hear(entry(1)); // all is read: one that was hidden so far has its place
  assert.deepEqual(ids(stream), [1, 2, 3, 7, 8, 9]);
});

test("the cursor is the server's: an event does not move it, paging back neither", () => {
  const stream = new Stream();
  stream.begin(answer([entry(9)], "c1", true));
  stream.hear(entry(11));
  stream.before(answer([entry(7)], "c9"));
  assert.equal(stream.cursor, "c1");
  assert.equal(stream.after(answer([entry(10)], "c2", true)), true);
  assert.equal(stream.cursor, "c2");
  assert.deepEqual(ids(stream), [7, 9, 10, 11]);
});

test("any order of events, pages and reconnects gives what the store holds", () => {
  // A store with 60 changes of 30 entries; the page hears some events, loses others, and reads on from its cursor.
  let seed = 7;
  const random = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 50; round += 1) {
    const store = new Map();
    const changes = [];
    const change = () => {
      const id = random(3) && store.size ? [...store.keys()][random(store.size)] : store.size + 1;
      store.set(id, entry(id, (store.get(id)?.version ?? 0) + 1, { text: `${id}:${changes.length}` }));
      changes.push(id);
      return store.get(id);
    };
    for (let i = 0; i < 20; i += 1) change();
    const stream = new Stream();
    const page = (before, many) => {
      const all = [...store.values()].filter(({ id }) => before === null || id < before).sort((a, b) => b.id - a.id);
      return answer(all.slice(0, many), String(changes.length), all.length > many);
    };
    const early = change();
    if (random(2)) stream.hear(early);
    stream.begin(page(null, 5));
    let waiting = [];
    for (let i = 0; i < 40; i += 1) {
      const act = random(5);
      if (act < 2) waiting.push(change());
      else if (act === 2 && stream.older) stream.before(page(stream.oldest.id, 4));
      else if (act === 3) {
        while (waiting.length) stream.hear(waiting.splice(random(waiting.length), 1)[0]);
      } else waiting = []; // the line was lost
    }
    for (let more = true; more;) {
      const from = Number(stream.cursor);
      const some = [...new Set(changes.slice(from, from + 3))].map((id) => store.get(id));
      more = stream.after(answer(some, String(Math.min(from + 3, changes.length)), from + 3 < changes.length));
    }
    while (stream.older) stream.before(page(stream.oldest.id, 4));
    assert.deepEqual(stream.entries, [...store.values()].sort((a, b) => a.id - b.id));
  }
});

test("a page hears what it asks for", () => {
  const one = entry(1, 1, { kind: "said", author: { name: "olga" }, site: { slug: "hall" }, device: { uid: "p" }, thread: 7, tags: ["a"], pinned: true });
  for (const asked of [{}, { site: "hall" }, { device: "p", kind: "people" }, { thread: 7 }, { tag: "a", author: "olga" }, { pinned: true, kind: "all" }]) assert.ok(belongs(one, asked));
  for (const asked of [{ site: "x" }, { device: "x" }, { thread: 8 }, { tag: "b" }, { author: "x" }, { kind: "system" }]) assert.ok(!belongs(one, asked));
  assert.ok(belongs(entry(1), { kind: "system" }) && !belongs(entry(1), { kind: "people" }) && !belongs(entry(1), { pinned: true }));
});
