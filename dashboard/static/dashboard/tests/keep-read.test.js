/** What a page has read by REST is read again after whatever it may have missed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { keepRead } from "../js/live/keep-read.js";
import { LiveConnection } from "../js/live/connection.js";

const HELLO = { op: "hello", protocol: 2, now: 1, until: 1, trouble: null, frames: 8 };

function setUp() {
  const sockets = /** @type {any[]} */ ([]);
  const open = () => {
    sockets.push({ send() {}, close() {} });
    return sockets[sockets.length - 1];
  };
  const connection = new LiveConnection("ws://x", { open, now: () => 0, random: () => 0, later: () => 0, cancel() {}, drawn() {}, online: () => true });
  const say = (/** @type {any} */ message) => sockets[sockets.length - 1].onmessage({ data: JSON.stringify(message) });
  let reads = 0;
  return { connection, sockets, say, read: () => { reads += 1; }, reads: () => reads };
}

const settled = () => new Promise((done) => setImmediate(done));

test("nothing changes unheard between the first reading and the socket", async () => {
  const { connection, say, read, reads } = setUp();
  connection.open();
  const first = keepRead(connection, ["rules"], read);
  await settled();
  assert.equal(reads(), 0); // anything may happen until the server hears
  say(HELLO);
  await first;
  assert.equal(reads(), 1);
  say({ op: "rules" });
  assert.equal(reads(), 2);
});

test("who keeps a list when the socket is open reads it at once, and again with the next socket", async () => {
  const { connection, say, sockets, read, reads } = setUp();
  connection.open();
  say(HELLO);
  await keepRead(connection, ["rules"], read);
  assert.equal(reads(), 1);
  sockets[0].onclose({ code: 1006 });
  connection.open();
  say(HELLO);
  assert.equal(reads(), 2);
});

test("what the server itself missed is read, and what it reads again of named series is not", async () => {
  const { connection, say, read, reads } = setUp();
  connection.open();
  say(HELLO);
  await keepRead(connection, [], read);
  say({ op: "refill", series: [1], from: null, to: null });
  assert.equal(reads(), 1);
  say({ op: "refill", series: null, from: null, to: null });
  assert.equal(reads(), 2);
});

test("the first reading may be another than those that follow", async () => {
  const { connection, say, read, reads } = setUp();
  connection.open();
  const begun = keepRead(connection, ["inbox"], read, () => "first");
  say(HELLO);
  assert.deepEqual([await begun, reads()], ["first", 0]);
  say({ op: "inbox" });
  assert.equal(reads(), 1);
});
