import assert from "node:assert/strict";
import test from "node:test";
import { Heard } from "../js/charts/heard.js";
import { Points } from "../js/charts/points.js";
import { stateAt, states, wordsOf } from "../js/charts/states.js";
import { PALETTE, WordColours } from "../js/charts/word-colours.js";

const S = 1000;
const every = (step, from, to) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => [from + i * step, 1]);
const loaded = (facts, to, from = 0) => {
  const points = new Points();
  points.load({ reduced: false, bucket_ms: null, points: [], ...facts }, to, from);
  return points;
};
/** [from s, to s, word] of one series beside others of its device, which speaks every second. */
function shown(points, others, to, { boolean = false, from = 0 } = {}) {
  const heard = new Heard([points, ...others], 1);
  return states(points, { boolean, from, to, heard }).map((state) => [state.from / S, state.to / S, state.word]);
}

test("a boolean slower than its device holds until its next value", () => {
  const points = loaded({ points: [[0, 1], [7 * S, 0], [14 * S, 0], [21 * S, 1]] }, 22 * S);
  assert.deepEqual(shown(points, [], 22 * S, { boolean: true }), [[0, 7, "on"], [7, 21, "off"], [21, 22, "on"]]);
});
test("a state that comes on change only holds while its device is heard by other series", () => {
  const points = loaded({ points: [[5 * S, 1]] }, 600 * S);
  const other = loaded({ points: every(S, 0, 600 * S) }, 600 * S);
  assert.deepEqual(shown(points, [other], 600 * S, { boolean: true }), [[5, 600, "on"]]);
});
test("a state ends when its device is away, and is not known again before its next word", () => {
  const points = loaded({ texts: [[0, 100 * S, "running", 100], [300 * S, 400 * S, "running", 100]] }, 900 * S);
  const other = loaded({ points: [...every(S, 0, 100 * S), ...every(S, 280 * S, 400 * S)] }, 900 * S);
  assert.deepEqual(shown(points, [other], 900 * S), [[0, 110, "running"], [300, 410, "running"]]);
});
test("what it was before the window is drawn from its edge, with its own time", () => {
  const other = loaded({ points: every(S, 3600 * S, 4200 * S), before: [3599 * S, 1] }, 4200 * S, 3600 * S);
  const points = loaded({ before: [10 * S, 1] }, 4200 * S, 3600 * S);
  assert.deepEqual(shown(points, [other], 4200 * S, { boolean: true, from: 3600 * S }), [[3600, 4200, "on"]]);
  const heard = new Heard([points, other], 1);
  assert.equal(stateAt(states(points, { boolean: true, from: 3600 * S, to: 4200 * S, heard }), 4000 * S)?.since, 10 * S);
});
test("a state that began long ago stays while the page forgets what is out of sight", () => {
  const points = loaded({ points: [[5 * S, 1]] }, 1000 * S);
  const other = loaded({ points: every(S, 0, 1000 * S) }, 1000 * S);
  for (const one of [points, other]) one.trim(700 * S);
  assert.deepEqual(shown(points, [other], 1000 * S, { boolean: true, from: 730 * S }), [[730, 1000, "on"]]);
});
test("a device that was away where the window begins has no state there", () => {
  const other = loaded({ points: every(S, 3900 * S, 4200 * S), before: [20 * S, 1] }, 4200 * S, 3600 * S);
  const points = loaded({ before: [10 * S, 1] }, 4200 * S, 3600 * S);
  assert.deepEqual(shown(points, [other], 4200 * S, { boolean: true, from: 3600 * S }), []);
});
test("a pulse within a bucket is both, and its mean is no state", () => {
  const points = loaded({ reduced: true, bucket_ms: 60 * S, points: [[0, 0, 0, 0, 60], [60 * S, 0.083, 0, 1, 60], [120 * S, 1, 1, 1, 60]] }, 180 * S);
  assert.deepEqual(shown(points, [], 180 * S, { boolean: true }), [[0, 60, "off"], [60, 120, "on and off"], [120, 180, "on"]]);
});
test("numbers of a series of words are words among them", () => {
  const points = loaded({ points: [[2 * S, 21.5]], texts: [[0, S, "unavailable", 2]] }, 3 * S);
  assert.deepEqual(shown(points, [], 3 * S), [[0, 2, "unavailable"], [2, 3, "21.5"]]);
});
test("a slow device is not away between two of its words", () => {
  const points = loaded({ texts: every(600 * S, 0, 6000 * S).map(([at]) => [at, at, "ok", 1]) }, 6000 * S);
  assert.deepEqual(shown(points, [], 6000 * S), [[0, 6000, "ok"]]);
});

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), kept };
}
test("a word keeps its colour, whatever else is in the window and in whatever order", () => {
  const kept = storage();
  const words = ["running", "stopped", "idle", "fault", "starting", "paused", "unknown", "service"];
  const first = new WordColours("press/state", kept);
  const colours = new Map(words.map((word) => [word, first.of(word)]));
  assert.equal(new Set(colours.values()).size, PALETTE);
  const later = new WordColours("press/state", kept);
  for (const word of [...words].reverse()) assert.equal(later.of(word), colours.get(word));
});
test("the same word of another device has the same colour, without a memory as well", () => {
  const [first, later] = [new WordColours("a/state", storage()), new WordColours("b/state")];
  later.of("stopped"); // not by which comes first
  assert.equal(first.of("running"), later.of("running"));
});
test("a ninth word is neutral, and takes nobody's colour", () => {
  const colours = new WordColours("x/y", storage());
  const taken = Array.from({ length: 20 }, (_, i) => colours.of(`word ${i}`));
  assert.equal(taken.filter((place) => place !== null).length, PALETTE);
  assert.equal(colours.of("word 0"), taken[0]);
  assert.equal(colours.of("word 19"), null);
});
test("a memory that is broken, full or of another version harms nothing", () => {
  for (const text of ["{", "7", "[[\"x/y\",7]]", "null"]) {
    const broken = { getItem: () => text, setItem: () => { throw new Error("full"); } };
    assert.equal(typeof new WordColours("x/y", broken).of("on"), "number");
  }
});
test("a browser that forbids its memory is no failure", () => {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => { throw new Error("SecurityError"); } });
  try {
    assert.equal(typeof new WordColours("x/y").of("on"), "number");
  } finally {
    delete globalThis.localStorage;
  }
});
test("words are named once each", () => assert.deepEqual(wordsOf(["a", "b", "a"].map((word) => ({ from: 0, to: 1, since: 0, word }))), ["a", "b"]));
