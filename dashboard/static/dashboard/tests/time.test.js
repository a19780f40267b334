import assert from "node:assert/strict";
import test from "node:test";
import { bounds, fromQuery, live, MAX_SPAN, MIN_SPAN, pan, pause, range, toQuery, zoom } from "../js/time/timespan.js";
import { tickLabel, timeTicks } from "../js/time/time-ticks.js";

const NOW = 1_700_000_000_000;

test("a live window ends now", () => assert.deepEqual(bounds(live("5m"), NOW), { from: NOW - 300_000, to: NOW }));
test("an address round-trips, a wrong one is the default", () => {
  assert.deepEqual(fromQuery(toQuery(live("6h"))), live("6h"));
  const zoomed = range(live("1h"), NOW - 50_000, NOW - 10_000, NOW);
  assert.deepEqual(fromQuery(toQuery(zoomed)), zoomed);
  assert.equal(fromQuery("?window=soon&from=9&to=3").preset, "15m");
  for (const absurd of ["from=1e20&to=1.1e20", "from=NaN&to=Infinity", "from=8e15&to=8000000000000001"]) assert.equal(fromQuery(`?${absurd}`).mode, "live");
});
test("zoom keeps the instant under the pointer in place", () => {
  const at = NOW - 600_000;
  const before = bounds(live("15m"), NOW);
  const after = zoom(live("15m"), 0.5, NOW, at);
  assert.ok(Math.abs((at - before.from) / (before.to - before.from) - (at - after.from) / (after.to - after.from)) < 0.001);
});
test("a range is never in the future and never out of bounds", () => {
  assert.equal(range(live("1h"), NOW, NOW + 90_000, NOW).to, NOW);
  assert.equal(range(live("1h"), NOW - 5, NOW, NOW).to - range(live("1h"), NOW - 5, NOW, NOW).from, MIN_SPAN);
  const wide = zoom(live("7d"), 1000, NOW);
  assert.equal(wide.to - wide.from, MAX_SPAN);
});
test("pausing holds the window where it is", () => {
  const held = pause(live("5m"), NOW);
  assert.deepEqual(bounds(held, NOW + 60_000), { from: NOW - 300_000, to: NOW });
  assert.equal(held.paused, true);
});
test("live cannot be panned into the future", () => assert.equal(pan(live("5m"), 0.2, NOW).mode, "live"));
test("ticks stand on round times and travel with the window", () => {
  const first = timeTicks(NOW, NOW + 900_000, 6);
  const later = timeTicks(NOW + 7_000, NOW + 907_000, 6);
  assert.equal(first.step, 300_000);
  assert.ok(first.values.every((at) => at % 300_000 === 0));
  assert.ok(later.values.filter((at) => first.values.includes(at)).length >= 2);
});
test("every width of window has at most as many ticks as there is room for", () => {
  for (const span of [2_000, 60_000, 3_600_000, 86_400_000, 7 * 86_400_000]) {
    const { values } = timeTicks(NOW - span, NOW, 6);
    assert.ok(values.length >= 1 && values.length <= 7, `${span}: ${values.length}`);
  }
});
test("a tick says seconds only where they matter", () => {
  assert.match(tickLabel(NOW, 5_000), /^\d\d:\d\d:\d\d$/);
  assert.match(tickLabel(NOW, 300_000), /^\d\d:\d\d$/);
});
