import assert from "node:assert/strict";
import test from "node:test";
import { backoff } from "../js/live/backoff.js";
import { LiveConnection } from "../js/live/connection.js";

/** A world whose time and sockets the test moves. */
function world() {
  const w = {
    time: 0, sockets: [], timers: [], frames: [], isOnline: true,
    open(url) {
      const socket = { url, sent: [], closed: false, send(text) { this.sent.push(JSON.parse(text)); }, close() { this.closed = true; } };
      w.sockets.push(socket);
      return socket;
    },
    now: () => w.time, random: () => 0.5, online: () => w.isOnline,
    later(f, ms) { const timer = { f, at: w.time + ms }; w.timers.push(timer); return timer; },
    cancel(timer) { w.timers = w.timers.filter((t) => t !== timer); },
    drawn(f) { w.frames.push(f); },
    pass(ms) {
      const end = w.time + ms;
      for (;;) {
        const next = w.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        w.timers = w.timers.filter((t) => t !== next);
        w.time = Math.max(w.time, next.at);
        next.f();
      }
      w.time = end;
    },
    get socket() { return w.sockets[w.sockets.length - 1]; },
    say(message) { w.socket.onmessage({ data: JSON.stringify(message) }); },
  };
  return w;
}

const HELLO = { op: "hello", protocol: 2, now: 1, until: 1, trouble: null, frames: 8 };
const beat = (now, until = now, trouble = null) => ({ op: "beat", now, until, trouble, heard: {} });
function opened() {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  w.say(HELLO);
  connection.news.release(connection.news.asked);
  return { w, connection };
}
const request = { series: [1], since: "15m", points: 40, every: 1000 };

test("subscriptions made before the hello are sent after it", () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  connection.subscribe(1, request);
  assert.deepEqual(w.socket.sent, []);
  w.say(HELLO);
  assert.deepEqual(w.socket.sent, [{ op: "subscribe", id: 1, ...request }]);
});
/** What a page does that reads when it starts and after what it missed. */
function reader(connection) {
  const reads = [];
  connection.first.due.then(() => reads.push("first"));
  connection.on("missed", () => reads.push("again"));
  return reads;
}
const settled = () => new Promise((done) => setImmediate(done));
test("a page reads once when its socket opens soon, and again with each later one", async () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  const reads = reader(connection);
  w.pass(100);
  await settled();
  assert.deepEqual(reads, []);
  w.say(HELLO);
  await settled();
  assert.deepEqual(reads, ["first"]);
  assert.deepEqual(await Promise.race([connection.first.due.then(() => "at once"), settled()]), "at once"); // for a module that comes later
  w.socket.onclose({ code: 1006 });
  w.pass(60_000);
  w.say(HELLO);
  await settled();
  assert.deepEqual(reads, ["first", "again"]);
});
test("a socket that opens late is not waited for, and what changed before it is read then", async () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  const reads = reader(connection);
  w.pass(1_000);
  await settled();
  assert.deepEqual(reads, ["first"]);
  w.say(HELLO);
  await settled();
  assert.deepEqual(reads, ["first", "again"]);
});
test("a page whose socket is refused reads at once, and never again by itself", async () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  const reads = reader(connection);
  w.socket.onclose({ code: 1006 });
  await settled();
  assert.deepEqual(reads, ["first"]);
  for (let i = 0; i < 5; i += 1) {
    w.pass(31_000);
    w.socket.onclose({ code: 1006 });
  }
  await settled();
  assert.deepEqual(reads, ["first"]);
});
test("a page is told that it missed something when the server did, not when named series changed", async () => {
  const { w, connection } = opened();
  const reads = reader(connection);
  w.say({ op: "refill", reason: "imported", series: [1], from: null, to: null });
  w.say({ op: "refill", reason: "lost", series: null, from: null, to: null });
  await settled();
  assert.deepEqual(reads, ["again", "first"]);
});
test("it is catching up until the snapshot, then live", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  assert.equal(connection.state, "catching up");
  w.say({ op: "snapshot", id: 1, now: 1, from: 0, to: 1, series: [] });
  assert.equal(connection.state, "live");
});
const frame = (seq) => ({ op: "readings", seq, d: {}, thinned: false });
test("frames are acknowledged only when drawn, several at once or after a second", () => {
  const { w } = opened();
  for (let seq = 1; seq <= 5; seq += 1) w.say(frame(seq));
  w.pass(2_000);
  assert.deepEqual(w.socket.sent, []);
  w.frames.splice(0).forEach((f) => f());
  assert.deepEqual(w.socket.sent, [{ op: "ack", seq: 4 }]);
  w.pass(1_000);
  assert.deepEqual(w.socket.sent.slice(1), [{ op: "ack", seq: 5 }]);
  w.pass(5_000);
  assert.equal(w.socket.sent.length, 2);
});
test("an ack of a lost connection is not sent on the next", () => {
  const { w } = opened();
  w.say({ op: "readings", seq: 7, d: {}, thinned: false });
  w.socket.onclose({ code: 1006 });
  w.pass(60_000 / 4);
  w.say(HELLO);
  w.frames.forEach((f) => f());
  assert.ok(w.sockets.length > 1);
  assert.equal(w.sockets.flatMap((s) => s.sent).filter((m) => m.op === "ack").length, 0);
});
test("thinned frames say that the viewer is behind", () => {
  const { w, connection } = opened();
  w.say({ op: "readings", seq: 1, d: {}, thinned: true });
  assert.equal(connection.state, "catching up");
  w.say({ op: "readings", seq: 2, d: {}, thinned: false });
  assert.equal(connection.state, "live");
});
test("it reconnects for ever and subscribes again", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  for (let i = 0; i < 50; i += 1) {
    w.socket.onclose({ code: 1006 });
    assert.equal(connection.state, "reconnecting");
    w.pass(30_000);
  }
  assert.ok(w.sockets.length > 50);
  while (connection.socket === null) w.pass(100);
  w.say(HELLO);
  assert.deepEqual(w.socket.sent, [{ op: "subscribe", id: 1, ...request }]);
});
const SOME = { series: [1, 2], since: "15m" };
test("a refill of everything asks for every snapshot again", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  w.socket.sent.length = 0;
  w.say({ op: "refill", reason: "lost", series: null, from: null, to: null });
  assert.deepEqual(w.socket.sent.map((m) => m.op), ["subscribe"]);
});
test("a refill of some series asks for theirs, where they are shown", () => {
  const { w, connection } = opened();
  connection.subscribe(1, SOME);
  connection.subscribe(2, { series: [9], since: "15m" });
  w.socket.sent.length = 0;
  w.say({ op: "refill", reason: "replay", series: [2, 3], from: null, to: null });
  assert.deepEqual(w.socket.sent, [{ op: "refill", id: 1, series: [2] }]);
});
test("a refill of a time before what is shown asks for nothing, and is told", () => {
  const { w, connection } = opened();
  const told = [];
  connection.on("refill", (message) => told.push(message.to));
  connection.subscribe(1, SOME);
  w.say(beat(2_000_000));
  w.socket.sent.length = 0;
  w.say({ op: "refill", reason: "replay", series: [2], from: 0, to: 1_099_999 });
  assert.deepEqual(w.socket.sent, []);
  w.say({ op: "refill", reason: "replay", series: [2], from: 0, to: 1_100_000 });
  assert.equal(w.socket.sent.length, 1);
  assert.deepEqual(told, [1_099_999, 1_100_000]);
});
test("a series that is no more is not asked for again", () => {
  const { w, connection } = opened();
  connection.subscribe(1, SOME);
  w.say({ op: "unknown", id: 1, series: [2] });
  w.socket.sent.length = 0;
  w.say({ op: "refill", reason: "lost", series: null, from: null, to: null });
  assert.deepEqual(w.socket.sent, [{ op: "subscribe", id: 1, series: [1], since: "15m" }]);
  assert.deepEqual(SOME.series, [1, 2]);
});
test("history that takes too long is given up, what is live goes on", () => {
  const { w, connection } = opened();
  const told = [];
  connection.on("error", (message) => told.push(message.code));
  connection.subscribe(1, request);
  w.say({ op: "error", id: 1, code: "too_slow", message: "Narrow the window." });
  const { since, ...rest } = request;
  assert.equal(since, "15m");
  assert.deepEqual(w.socket.sent[1], { op: "subscribe", id: 1, ...rest });
  assert.equal(connection.state, "live");
  assert.deepEqual(told, ["too_slow"]);
  w.pass(9_000);
  assert.equal(w.socket.sent.length, 2);
});
test("history that cannot be read now is asked for again, not in a storm", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  const refuse = () => w.say({ op: "error", id: 1, code: "unavailable", message: "Try again." });
  refuse();
  refuse();
  assert.deepEqual(w.socket.sent.map((m) => m.since), ["15m", undefined]);
  w.pass(5_000);
  assert.deepEqual(w.socket.sent.map((m) => m.since), ["15m", undefined, "15m"]);
  w.say({ op: "snapshot", id: 1, now: 1, from: 0, to: 1, series: [] });
  w.pass(9_000);
  assert.equal(w.socket.sent.length, 3);
});
test("a hidden tab keeps only the devices it follows and refetches on return", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  connection.follow([7]);
  w.socket.sent.length = 0;
  connection.sleep();
  assert.deepEqual(w.socket.sent, [{ op: "unsubscribe", id: 1 }]);
  w.say(frame(3));
  assert.deepEqual(w.socket.sent[1], { op: "ack", seq: 3 });
  connection.wake();
  assert.deepEqual(w.socket.sent[2], { op: "subscribe", id: 1, ...request });
});
test("devices are followed again after a reconnect", () => {
  const { w, connection } = opened();
  connection.follow(null);
  assert.deepEqual(w.socket.sent, [{ op: "follow", devices: null }]);
  w.socket.onclose({ code: 1006 });
  w.pass(2_000);
  w.say(HELLO);
  assert.deepEqual(w.socket.sent, [{ op: "follow", devices: null }]);
});
test("a server that is not heard is no news, then left; what is known stays where it was", () => {
  const { w, connection } = opened();
  w.pass(2_000);
  w.say(beat(2_001));
  w.pass(5_000);
  assert.equal(connection.trouble(), null);
  w.pass(1_000);
  assert.deepEqual(connection.trouble(), { what: "network", lasts: 6_000 });
  assert.equal(connection.news.until, 2_001);
  const first = w.socket;
  w.pass(8_000);
  assert.ok(first.closed);
  assert.equal(connection.trouble().what, "connection");
  w.pass(30_000);
  const before = connection.news.asked;
  w.say({ ...HELLO, now: 60_000, until: 59_000 });
  w.say(beat(60_500, 60_400));
  connection.news.release(before); // read before the connection was back
  assert.deepEqual([connection.trouble(), connection.news.until], [null, 2_001]);
  connection.news.release(connection.news.asked);
  assert.equal(connection.news.until, 60_400);
});
test("what the server does not know is told with how long it lasts", () => {
  const { w, connection } = opened();
  w.say(beat(100_000, 80_000, { what: "storing", since: 80_000 }));
  w.pass(1_000);
  assert.deepEqual(connection.trouble(), { what: "storing", lasts: 21_000 });
  w.say(beat(101_000));
  assert.equal(connection.trouble(), null);
});
test("a clock of this machine that is set back hears nothing in the future", () => {
  const { w, connection } = opened();
  w.pass(2_000);
  w.say(beat(2_001));
  w.time -= 3_600_000;
  for (const timer of w.timers) timer.at -= 3_600_000;
  w.pass(7_000);
  assert.equal(connection.trouble().what, "network");
});
test("a page that never hears of the server says so", () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  w.pass(6_000);
  assert.deepEqual(connection.trouble(), { what: "connection", lasts: 6_000 });
});
test("logged out is tried once more by who was let in, for the session may have another key, and no more", () => {
  const { w, connection } = opened();
  w.socket.onclose({ code: 4401 });
  w.pass(1_900); // the answer that brings the key may be on its way
  assert.deepEqual([connection.state, w.sockets.length], ["reconnecting", 1]);
  w.pass(200);
  assert.equal(w.sockets.length, 2);
  w.socket.onclose({ code: 4401 });
  w.pass(100_000);
  assert.equal(connection.state, "logged out");
  assert.equal(w.sockets.length, 2);
});
test("without a network it says offline", () => {
  const { w, connection } = opened();
  w.isOnline = false;
  w.socket.onclose({ code: 1006 });
  assert.equal(connection.state, "offline");
});
test("the delay has full jitter and a cap", () => {
  assert.equal(backoff(0, 1), 500);
  assert.equal(backoff(3, 0.5), 2000);
  assert.equal(backoff(1000, 1), 30_000);
  assert.equal(backoff(5, 0), 0);
});
test("what comes often is asked for when somebody listens, and not while nobody looks", () => {
  const { w, connection } = opened();
  const watched = () => w.socket.sent.filter(({ op }) => op === "watch").map(({ events }) => events);
  connection.on("presence", () => {});
  assert.deepEqual(watched(), []);
  connection.on("pipeline", () => {}).on("pipeline", () => {});
  assert.deepEqual(watched(), [["pipeline"]]);
  connection.sleep();
  connection.wake();
  assert.deepEqual(watched(), [["pipeline"], [], ["pipeline"]]);
  w.socket.onclose({ code: 1006 });
  connection.hurry();
  w.say(HELLO);
  assert.deepEqual(watched(), [["pipeline"]]);
});
