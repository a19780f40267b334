import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, projection, scaleBar, sides } from "../js/site/map-shape.js";
import { slugOf } from "../js/site/site-drawer.js";

/** @typedef {[number, number]} Position */
const near = (/** @type {number} */ a, /** @type {number} */ b, slack = 0.01) => assert.ok(Math.abs(a - b) <= slack * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

test("a map is true to scale, north up, and everything is on it", () => {
  for (const latitude of [0, 53.5, -33.9, 70, 89]) {
    const east = 1_000 / (111_320 * Math.cos((latitude * Math.PI) / 180)); // degrees of a kilometre
    const north = 500 / 111_320;
    const positions = /** @type {Position[]} */ ([[latitude, 10], [latitude, 10 + east], [latitude + north, 10]]);
    const { place, metresAPixel } = projection(positions, 600, 320);
    const [[x0, y0], [x1, y1], [x2, y2]] = positions.map(place);
    near((x1 - x0) * metresAPixel, 1_000, latitude > 89 ? 0.2 : 0.01);
    near(y1, y0);
    near((y0 - y2) * metresAPixel, 500);
    near(x2, x0);
    for (const [x, y] of positions.map(place)) assert.ok(x >= 35 && x <= 565 && y >= 35 && y <= 285, `${x} ${y}`);
  }
});

test("the 180th meridian divides no site", () => {
  const positions = /** @type {Position[]} */ ([[-17, 179.999], [-17, -179.999]]);
  const { place, metresAPixel } = projection(positions, 400, 320);
  const [[x0], [x1]] = positions.map(place);
  near((x1 - x0) * metresAPixel, 0.002 * 111_320 * Math.cos((17 * Math.PI) / 180));
});

test("one position is in the middle, and its surroundings are no smaller than a building", () => {
  const { place, metresAPixel } = projection([[53, 10]], 400, 320);
  assert.deepEqual(place([53, 10]), [200, 160]);
  assert.ok(metresAPixel * 400 >= 60);
});

test("the scale is a round length that fits", () => {
  for (const metresAPixel of [0.07, 0.5, 1, 33, 4_321]) {
    const { metres, px } = scaleBar(metresAPixel, 96);
    assert.match(String(metres), /^[125]0*$/);
    assert.ok(px <= 96.1 && (px > 30 || metres === 1), `${px}`);
    near(px * metresAPixel, metres);
  }
});

test("dots that would cover each other are one, and keep their order", () => {
  const groups = grouped([[0, 0], [5, 5], [100, 0], [101, 0]], (point) => /** @type {[number, number]} */ (point));
  assert.deepEqual(groups.map(({ things }) => things), [[[0, 0], [5, 5]], [[100, 0], [101, 0]]]);
});

test("a name covers no dot and no other name, and is not cut", () => {
  const dot = (/** @type {number} */ x, /** @type {number} */ y, name = "Freezer 1") => ({ x, y, name });
  assert.deepEqual(sides([dot(50, 50), dot(390, 50)], 400), ["right", "left"]);
  assert.deepEqual(sides([dot(100, 50), dot(150, 50)], 400), ["left", "right"]);
  assert.deepEqual(sides([dot(20, 50), dot(60, 50, "")], 400), [null, null]);
  assert.deepEqual(sides([dot(100, 50), dot(100, 56), dot(100, 62)], 400), ["right", "left", null]);
});

test("a site's address comes of its name", () => {
  assert.deepEqual(["Harbour plant, 2", "  Große Höhe  ", "Čerpací stanice №5", "日本", "a".repeat(80)].map(slugOf),
    ["harbour-plant-2", "grosse-hohe", "cerpaci-stanice-no5", "", "a".repeat(64)]);
});
