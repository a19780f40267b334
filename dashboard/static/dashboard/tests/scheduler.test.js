import assert from "node:assert/strict";
import test from "node:test";
import { Scheduler } from "../js/page/scheduler.js";

/** A window whose frames and sight the test moves. */
function world(t) {
  const frames = [];
  const page = Object.assign(new EventTarget(), { hidden: false });
  let see;
  const put = (name, value) => {
    const held = globalThis[name];
    globalThis[name] = value;
    t.after(() => (globalThis[name] = held));
  };
  put("document", page);
  put("requestAnimationFrame", (f) => frames.push(f));
  put("IntersectionObserver", class {
    constructor(f) { see = f; }
    observe() {}
    unobserve() {}
  });
  return {
    page, frames,
    frame: (now) => frames.splice(0).forEach((f) => f(now)),
    sees: (target, isIntersecting) => see([{ target, isIntersecting }]),
  };
}

function drawable() {
  const drawn = [];
  return { element: /** @type {any} */ ({}), draw: (now) => drawn.push(now), drawn };
}

test("what is in view is drawn, at most twenty times a second, and nothing else", (t) => {
  const w = world(t);
  const scheduler = new Scheduler();
  const [seen, unseen] = [drawable(), drawable()];
  scheduler.add(seen);
  scheduler.add(unseen);
  w.sees(seen.element, true);
  for (const now of [100, 116, 149, 150, 216]) w.frame(now);
  assert.deepEqual(seen.drawn, [100, 150, 216]);
  w.sees(seen.element, false);
  w.frame(300);
  assert.deepEqual([seen.drawn.length, unseen.drawn.length], [3, 0]);
});
test("it rests while the tab is hidden, and with nothing to draw", (t) => {
  const w = world(t);
  const scheduler = new Scheduler();
  assert.equal(w.frames.length, 0);
  const one = drawable();
  scheduler.add(one);
  w.sees(one.element, true);
  w.page.hidden = true;
  w.frame(100);
  assert.deepEqual([w.frames.length, one.drawn], [0, []]);
  w.page.hidden = false;
  w.page.dispatchEvent(new Event("visibilitychange"));
  w.page.dispatchEvent(new Event("visibilitychange")); // one loop, however often it is woken
  assert.equal(w.frames.length, 1);
  w.frame(200);
  assert.deepEqual(one.drawn, [200]);
  scheduler.remove(one.element);
  w.frame(300);
  assert.deepEqual([w.frames.length, one.drawn], [0, [200]]);
});
