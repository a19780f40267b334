import assert from "node:assert/strict";
import test from "node:test";
import { Gesture } from "../js/charts/gesture.js";

/** A chart of 10 ms a px, and what a time line is told. */
function chart() {
  const told = [];
  let due = null;
  const target = {
    drag: null,
    point: (time, pointer) => told.push(["point", time, pointer.touch]),
    dragOver: (drag) => { target.drag = drag; },
    select: (from, to) => told.push(["select", from, to]),
    pick: (time, series) => told.push(["pick", time, series]),
    keep: (part) => told.push(["keep", part]),
    zoom: (factor, at) => told.push(["zoom", factor, at]),
  };
  const gesture = new Gesture({ series: 7, timeAt: (x) => x * 10 }, target, { later: (act) => (due = act), cancel: () => (due = null) });
  return { told, target, gesture, hold: () => due?.() };
}
const mouse = (x) => ({ id: 1, x, touch: false });
const finger = (x, id = 1) => ({ id, x, touch: true });

test("a mouse points where it hovers, selects what it drags over, and leaves nothing behind", () => {
  const { gesture, told, target } = chart();
  gesture.movedTo(mouse(5));
  gesture.pressed(mouse(10));
  gesture.movedTo(mouse(50));
  assert.deepEqual(target.drag, { from: 100, to: 500 });
  gesture.released(mouse(50));
  assert.equal(target.drag, null);
  gesture.left(mouse(60));
  assert.deepEqual(told, [["point", 50, false], ["point", 500, false], ["select", 100, 500], ["point", null, false]]);
});
test("with Shift what is dragged over is kept, and not zoomed to", () => {
  const { gesture, told, target } = chart();
  gesture.pressed(mouse(50));
  gesture.movedTo(mouse(10));
  gesture.released({ ...mouse(10), keeps: true });
  assert.equal(target.drag, null);
  assert.deepEqual(told.filter(([what]) => what !== "point"), [["keep", { from: 100, to: 500 }]]);
});
test("a selection let go by Escape stays so until the next press", () => {
  const { gesture, told, target } = chart();
  gesture.pressed(mouse(10));
  gesture.movedTo(mouse(50));
  target.dragOver(null);
  gesture.movedTo(mouse(80));
  assert.equal(target.drag, null);
  gesture.released(mouse(80));
  assert.ok(told.every(([what]) => what !== "select"));
});
test("a click selects nothing", () => {
  const { gesture, told } = chart();
  gesture.pressed(mouse(10));
  gesture.movedTo(mouse(12));
  gesture.released(mouse(12));
  assert.ok(told.every(([what]) => what === "point" || what === "pick"));
});
test("a tap points, and the mark stays", () => {
  const { gesture, told } = chart();
  gesture.pressed(finger(30));
  gesture.released(finger(30));
  gesture.left(finger(30));
  assert.deepEqual(told, [["point", 300, true]]);
});
test("a finger that moves at once is the page's; one held first scrubs and never zooms", () => {
  const { gesture, told, hold } = chart();
  gesture.pressed(finger(30));
  gesture.movedTo(finger(60));
  hold();
  gesture.released(finger(60));
  assert.deepEqual(told, []);
  gesture.pressed(finger(30));
  hold();
  gesture.movedTo(finger(60));
  gesture.released(finger(60));
  assert.deepEqual(told, [["point", 300, true], ["point", 600, true]]);
});
test("two fingers zoom around their middle, and the last to leave does not tap", () => {
  const { gesture, told } = chart();
  gesture.pressed(finger(100, 1));
  gesture.pressed(finger(200, 2));
  gesture.movedTo(finger(300, 2));
  gesture.released(finger(300, 2));
  gesture.released(finger(100, 1));
  assert.deepEqual(told, [["zoom", 0.5, 2000]]);
});
test("what the page takes for itself is let go", () => {
  const { gesture, target } = chart();
  gesture.pressed(mouse(10));
  gesture.movedTo(mouse(50));
  gesture.lost(mouse(50));
  assert.equal(target.drag, null);
});
test("a click picks the instant; a drag and a finger's tap do not", () => {
  const { gesture, told } = chart();
  gesture.pressed(mouse(30));
  gesture.movedTo(mouse(32));
  gesture.released(mouse(32));
  gesture.pressed(mouse(10));
  gesture.movedTo(mouse(50));
  gesture.released(mouse(50));
  gesture.pressed(finger(20));
  gesture.released(finger(20));
  assert.deepEqual(told.filter(([what]) => what === "pick"), [["pick", 320, 7]]);
});
