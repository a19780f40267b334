import assert from "node:assert/strict";
import test from "node:test";
import { wireLongPress } from "../js/page/long-press.js";

const HOLD = 500; // ms

/** An area that a finger touches, and what was pressed. */
function touched(t, means = true) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const area = new EventTarget();
  const pressed = [];
  wireLongPress(/** @type {any} */ (area), (target) => {
    pressed.push(target);
    return means;
  });
  const tell = (type, facts = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { pointerType: "touch", isPrimary: true, clientX: 5, clientY: 5, ...facts });
    area.dispatchEvent(event);
    return event;
  };
  return { pressed, tell, wait: (ms) => t.mock.timers.tick(ms) };
}

test("a finger that rests presses once, and its leaving clicks nothing", (t) => {
  const { pressed, tell, wait } = touched(t);
  tell("pointerdown");
  tell("pointermove", { clientX: 9 });
  wait(HOLD - 1);
  assert.equal(pressed.length, 0);
  wait(1);
  assert.equal(pressed.length, 1);
  tell("pointerup");
  assert.ok(tell("click").defaultPrevented);
  assert.ok(tell("contextmenu").defaultPrevented);
});
test("a tap, a scroll and a mouse press nothing, and click as ever", (t) => {
  const { pressed, tell, wait } = touched(t);
  for (const [facts, between] of [[{}, "pointerup"], [{}, "pointercancel"], [{ pointerType: "mouse" }, null], [{ isPrimary: false }, null]]) {
    tell("pointerdown", facts);
    if (between) tell(between);
    wait(HOLD);
    assert.ok(!tell("click").defaultPrevented);
  }
  tell("pointerdown");
  tell("pointermove", { clientY: 40 });
  wait(HOLD);
  assert.equal(pressed.length, 0);
});
test("where it means nothing the finger clicks", (t) => {
  const { pressed, tell, wait } = touched(t, false);
  tell("pointerdown");
  wait(HOLD);
  assert.equal(pressed.length, 1);
  assert.ok(!tell("click").defaultPrevented);
});
test("the next touch is a new one", (t) => {
  const { tell, wait } = touched(t);
  tell("pointerdown");
  wait(HOLD);
  tell("pointerup");
  tell("pointerdown");
  tell("pointerup");
  assert.ok(!tell("click").defaultPrevented);
});
