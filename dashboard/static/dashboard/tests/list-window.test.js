import assert from "node:assert/strict";
import { test } from "node:test";

import { ListWindow } from "../js/time/list-window.js";

const HOUR = 3_600_000;
const NOW = 1_795_327_200_000;

function made(search = "") {
  const world = { query: search, search: () => world.query, show: (/** @type {string} */ query) => { world.query = query; }, now: () => NOW };
  return { world, list: new ListWindow(world) };
}

test("without a window a list is all there is, and says nothing of it", () => {
  const { list } = made("?site=hall");
  assert.deepEqual([list.isAll, list.live, list.asked, list.query], [true, true, { from: null, to: null }, ""]);
});

test("the last while goes on with the clock, a range does not", () => {
  const { list, world } = made("?window=24h");
  assert.deepEqual(list.asked, { from: NOW - 24 * HOUR, to: null });
  list.select(NOW - 3 * HOUR, NOW - 2 * HOUR);
  assert.deepEqual(list.asked, { from: NOW - 3 * HOUR, to: NOW - 2 * HOUR });
  assert.deepEqual(made(world.query).list.asked, list.asked);
  list.preset("");
  assert.deepEqual([list.isAll, world.query], [true, ""]);
});

test("a window back from all of it is the day before the last", () => {
  const { list } = made();
  list.pan(-1);
  assert.deepEqual(list.asked, { from: NOW - 48 * HOUR, to: NOW - 24 * HOUR });
  list.pan(1);
  assert.deepEqual(list.asked, { from: NOW - 24 * HOUR, to: NOW });
});

test("Back shows what the address says", () => {
  const { list, world } = made();
  let told = 0;
  list.addEventListener("span", () => { told += 1; });
  list.preset("7d");
  world.query = "";
  list.restore();
  assert.deepEqual([list.isAll, told], [true, 2]);
});
