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

function opened() {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  w.say({ op: "hello", now: 1, frames: 3 });
  return { w, connection };
}
const request = { series: [1], since: "15m", points: 40, every: 1000 };

test("subscriptions made before the hello are sent after it", () => {
  const w = world();
  const connection = new LiveConnection("ws://x", w);
  connection.open();
  connection.subscribe(1, request);
  assert.deepEqual(w.socket.sent, []);
  w.say({ op: "hello", now: 1, frames: 3 });
  assert.deepEqual(w.socket.sent, [{ op: "subscribe", id: 1, ...request }]);
});
test("it is catching up until the snapshot, then live", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  assert.equal(connection.state, "catching up");
  w.say({ op: "snapshot", id: 1, now: 1, from: 0, to: 1, series: [] });
  assert.equal(connection.state, "live");
});
test("a frame is acknowledged only when drawn", () => {
  const { w } = opened();
  w.say({ op: "readings", seq: 7, d: {}, thinned: false });
  assert.deepEqual(w.socket.sent, []);
  w.frames.forEach((f) => f());
  assert.deepEqual(w.socket.sent, [{ op: "ack", seq: 7 }]);
});
test("an ack of a lost connection is not sent on the next", () => {
  const { w } = opened();
  w.say({ op: "readings", seq: 7, d: {}, thinned: false });
  w.socket.onclose({ code: 1006 });
  w.pass(60_000 / 4);
  w.say({ op: "hello", now: 1, frames: 3 });
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
  w.say({ op: "hello", now: 1, frames: 3 });
  assert.deepEqual(w.socket.sent, [{ op: "subscribe", id: 1, ...request }]);
});
test("a resync asks for every snapshot again", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  w.socket.sent.length = 0;
  w.say({ op: "resync" });
  assert.deepEqual(w.socket.sent.map((m) => m.op), ["subscribe"]);
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
  w.pass(14_000);
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
test("a hidden tab keeps only the background and refetches on return", () => {
  const { w, connection } = opened();
  connection.subscribe(1, request);
  connection.subscribe(2, { series: [2] }, { background: true });
  w.socket.sent.length = 0;
  connection.sleep();
  assert.deepEqual(w.socket.sent, [{ op: "unsubscribe", id: 1 }]);
  w.say({ op: "readings", seq: 3, d: {}, thinned: false });
  assert.deepEqual(w.socket.sent[1], { op: "ack", seq: 3 });
  connection.wake();
  assert.deepEqual(w.socket.sent[2], { op: "subscribe", id: 1, ...request });
});
test("a silent peer is asked, then left", () => {
  const { w, connection } = opened();
  w.pass(17_000);
  assert.equal(w.socket.sent[0].op, "subscribe");
  const first = w.socket;
  w.pass(10_000);
  assert.ok(first.closed);
  assert.notEqual(connection.state, "live");
});
test("logged out is not tried again", () => {
  const { w, connection } = opened();
  w.socket.onclose({ code: 4401 });
  w.pass(100_000);
  assert.equal(connection.state, "logged out");
  assert.equal(w.sockets.length, 1);
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
