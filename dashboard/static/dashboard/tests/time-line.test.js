import assert from "node:assert/strict";
import test from "node:test";
import { LiveConnection } from "../js/live/connection.js";
import { TimeLine } from "../js/time/time-line.js";
import { windowQuery } from "../js/time/timespan.js";

const NOW = 1_700_000_000_000;
const tick = () => new Promise((done) => setImmediate(done));

/** A time line on a real connection whose socket is ours; its clock stands still but for `at`. */
function page(series = [1], search = "") {
  const world = { at: NOW, sockets: [], shown: [], asked: [], answers: [] };
  const connection = new LiveConnection("ws://x", {
    open: () => { const socket = { sent: [], send: (text) => socket.sent.push(JSON.parse(text)), close: () => {} }; world.sockets.push(socket); return socket; },
    now: () => world.at, random: () => 0, later: () => 0, cancel: () => {}, drawn: (f) => f(), online: () => true,
  });
  const timeLine = new TimeLine(series, {
    connection, now: () => world.at, search: () => search, hidden: () => false, show: (query) => world.shown.push(query),
    knownUntil: () => (connection.ready ? world.at : connection.news.heard),
    get: async (path, signal) => {
      world.asked.push(path);
      const answer = await world.answers.shift();
      signal?.throwIfAborted();
      return answer;
    },
  });
  connection.open();
  const say = (message) => world.sockets.at(-1).onmessage({ data: JSON.stringify(message) });
  say({ op: "hello", protocol: 2, now: NOW, until: NOW, trouble: null, frames: 8 });
  return { world, connection, timeLine, say };
}
const history = (id, points, facts = {}) => ({ id, reduced: false, bucket_ms: null, points, texts: [], texts_since: null, before: null, ...facts });
const snapshot = (series, from = NOW - 900_000, facts = {}) => ({ op: "snapshot", id: 1, now: NOW, from, to: NOW, series, ...facts });

test("a device without series loads nothing and does not go on loading", () => {
  const { timeLine } = page([]);
  timeLine.start();
  assert.equal(timeLine.loading, false);
  timeLine.preset("1h");
  assert.equal(timeLine.loading, false);
  timeLine.select(NOW - 60_000, NOW - 30_000);
  assert.equal(timeLine.loading, false);
});
test("a snapshot in several messages is loaded with its last", () => {
  const { timeLine, say } = page([1, 2]);
  timeLine.start();
  say(snapshot([history(1, [])], undefined, { part: 1, parts: 2 }));
  assert.ok(timeLine.loading);
  say(snapshot([history(2, [])], undefined, { part: 2, parts: 2 }));
  assert.ok(!timeLine.loading);
});
test("what is not loaded yet is not known", () => {
  const { timeLine, say } = page();
  timeLine.start();
  assert.deepEqual(timeLine.unknown(1), [[NOW - 900_000, NOW]]);
  say(snapshot([history(1, [])]));
  assert.deepEqual(timeLine.unknown(1), []);
  timeLine.preset("1h");
  assert.deepEqual(timeLine.unknown(1), [[NOW - 3_600_000, NOW - 900_000]]);
  say(snapshot([history(1, [])], NOW - 3_600_000));
  assert.deepEqual(timeLine.unknown(1), []);
});
test("while the connection is away, and after it until the history is here, nothing is claimed", () => {
  const { world, connection, timeLine, say } = page();
  timeLine.start();
  say(snapshot([history(1, [])]));
  world.sockets.at(-1).onclose({ code: 1006 });
  world.at += 10_000;
  assert.deepEqual(timeLine.unknown(1), [[NOW, NOW + 10_000]]);
  connection.open();
  say({ op: "hello", protocol: 2, now: world.at, until: world.at, trouble: null, frames: 8 });
  say({ op: "readings", seq: 1, d: { 1: [[world.at, 1]] }, thinned: false });
  world.at += 5_000;
  assert.deepEqual(timeLine.unknown(1), [[NOW, NOW + 10_000]]);
  say({ ...snapshot([history(1, [])]), to: world.at });
  assert.deepEqual(timeLine.unknown(1), []);
});
test("a selection takes the cursor away and asks for its own history", async () => {
  const { world, timeLine, say } = page();
  timeLine.start();
  say(snapshot([history(1, [[NOW - 500, 1]])]));
  timeLine.point(NOW - 1000, { series: 1, touch: false });
  timeLine.dragOver({ from: NOW - 90_000, to: NOW - 30_000 });
  world.answers.push({ now: NOW, from: NOW - 90_000, to: NOW - 30_000, series: [history(1, [[NOW - 60_000, 2]])] });
  timeLine.select(NOW - 90_000, NOW - 30_000);
  assert.equal(timeLine.cursor, null);
  assert.equal(timeLine.drag, null);
  await new Promise((done) => timeLine.addEventListener("loaded", done));
  await tick();
  assert.match(world.asked[0], /series=1&from=1699999910000&to=1699999970000&/);
  assert.deepEqual(timeLine.points(1).rows.map((row) => row[1]), [2]);
  assert.deepEqual(timeLine.unknown(1), []);
  timeLine.zoom(2);
  assert.equal(timeLine.unknown(1).length, 2, "the range is not loaded on both sides");
});
test("Escape lets go one thing after the other", () => {
  const { timeLine } = page([1], "?window=15m&from=1600000000000&to=1600000060000");
  timeLine.point(1_600_000_001_000, { series: 1, touch: true });
  timeLine.dragOver({ from: 1, to: 2 });
  timeLine.escape();
  assert.equal(timeLine.drag, null);
  assert.notEqual(timeLine.cursor, null);
  timeLine.escape();
  assert.equal(timeLine.cursor, null);
  assert.ok(!timeLine.live);
  timeLine.escape();
  assert.ok(timeLine.live);
});
test("paused, the picture and what is known of it stay", () => {
  const { world, timeLine, say } = page();
  timeLine.start();
  say(snapshot([history(1, [[NOW - 500, 1]])]));
  timeLine.togglePause();
  world.at += 60_000;
  say({ op: "readings", seq: 1, d: { 1: [[world.at, 5]] }, thinned: false });
  assert.deepEqual(timeLine.points(1).rows.map((row) => row[1]), [1]);
  assert.deepEqual(timeLine.unknown(1), []);
});
test("going back shows the window the address says, and makes no new entry", async () => {
  const { world, timeLine, say } = page([1], "?window=15m");
  timeLine.start();
  say(snapshot([history(1, [])]));
  timeLine.select(NOW - 60_000, NOW - 30_000);
  assert.equal(world.shown.length, 1);
  timeLine.restore(); // its address is what it was
  assert.ok(timeLine.live);
  assert.equal(world.shown.length, 1);
  timeLine.preset("15m");
  assert.equal(world.shown.length, 1, "it is there already");
});
test("a window that goes on is asked for without an end, for the page's clock may be behind; a range has both", () => {
  const { timeLine } = page([1], "?window=1h");
  assert.deepEqual(timeLine.asked, { from: NOW - 3_600_000, to: null });
  assert.equal(windowQuery(timeLine.asked), `from=${NOW - 3_600_000}`);
  timeLine.select(NOW - 60_000, NOW - 30_000);
  assert.equal(windowQuery(timeLine.asked), `from=${NOW - 60_000}&to=${NOW - 30_000}`);
});

test("what was asked of a range comes to nothing once the window is live again", async () => {
  const { world, timeLine, say } = page();
  timeLine.start();
  say(snapshot([history(1, [[NOW - 500, 1]])]));
  /** @type {(answer: any) => void} */ let answer = () => {};
  world.answers.push(new Promise((done) => { answer = done; }));
  timeLine.select(NOW - 9_000_000, NOW - 8_000_000);
  while (!world.asked.length) await new Promise((done) => setTimeout(done, 20)); // the window stands still first
  timeLine.backToLive();
  assert.equal(timeLine.loading, false);
  answer({ now: NOW, from: NOW - 9_000_000, to: NOW - 8_000_000, series: [history(1, [[NOW - 8_500_000, 2]])] });
  await tick();
  assert.deepEqual(timeLine.points(1).rows.map(([at]) => at), [NOW - 500]);
});
