import assert from "node:assert/strict";
import { test } from "node:test";

import { pressOver, wirePresses } from "../js/page/press.js";

const soon = () => new Promise((done) => { setImmediate(done); });

/** A window, and timers that the test lets go. */
function setUp() {
  const events = new EventTarget();
  const timers = /** @type {{f: () => void, ms: number}[]} */ ([]);
  wirePresses(events, (f, ms) => timers.push({ f, ms }));
  const happen = (/** @type {string} */ name, of = "button") => {
    const event = new Event(name);
    Object.defineProperty(event, "target", { value: { closest: (/** @type {string} */ wanted) => (wanted.split(", ").includes(of) ? {} : null) } });
    events.dispatchEvent(event);
  };
  let shown = 0;
  const show = () => { pressOver().then(() => { shown += 1; }); };
  const pass = (/** @type {number} */ ms) => timers.splice(0).forEach((timer) => (timer.ms <= ms ? timer.f() : timers.push(timer)));
  return { happen, show, pass, shown: () => shown };
}

test("what is read while a button is pressed is shown after its click", async () => {
  const { happen, show, pass, shown } = setUp();
  show();
  await soon();
  assert.equal(shown(), 1); // nothing is pressed
  happen("pointerdown");
  show();
  happen("pointerup");
  await soon();
  assert.equal(shown(), 1); // the click is part of the release, and comes now
  pass(0);
  await soon();
  assert.equal(shown(), 2);
});

test("nobody waits for one who holds it down, nor for a press on a chart", async () => {
  const { happen, show, pass, shown } = setUp();
  happen("pointerdown", "canvas");
  show();
  await soon();
  assert.equal(shown(), 1);
  happen("pointerdown");
  show();
  pass(1_000);
  await soon();
  assert.equal(shown(), 2);
});
