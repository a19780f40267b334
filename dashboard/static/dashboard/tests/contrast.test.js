import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const css = readFileSync(new URL("../css/tokens.css", import.meta.url), "utf8");
const TOKENS = Object.fromEntries([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((m) => [m[1], [m[2], m[3]]]));
const THEMES = ["light", "dark"];

const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
const luminance = (hex) => linear(hex).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
/** OKLab, where equal distances look equally different. @param {number[]} rgb */
function oklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}
/** Machado 2009, full severity. */
const SIGHT = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
};
const seen = (hex, m) => { const c = linear(hex); return [0, 3, 6].map((i) => Math.max(0, m[i] * c[0] + m[i + 1] * c[1] + m[i + 2] * c[2])); };

THEMES.forEach((theme, i) => {
  test(`${theme}: text has 4.5 on every surface it stands on`, () => {
    for (const text of ["text", "text-2", "text-3"]) {
      for (const ground of ["bg", "surface", "raised", "sunken", "hover"]) {
        assert.ok(contrast(TOKENS[text][i], TOKENS[ground][i]) >= 4.5, `${text} on ${ground}: ${contrast(TOKENS[text][i], TOKENS[ground][i]).toFixed(2)}`);
      }
    }
  });
  test(`${theme}: state words have 4.5 on surfaces and on their own tint`, () => {
    for (const state of ["online", "late", "silent", "offline", "waiting", "accent"]) {
      const soft = TOKENS[`${state}-soft`];
      for (const ground of [TOKENS.bg, TOKENS.surface, TOKENS.raised, ...(soft ? [soft] : [])]) {
        assert.ok(contrast(TOKENS[state][i], ground[i]) >= 4.5, `${state} on ${ground[i]}: ${contrast(TOKENS[state][i], ground[i]).toFixed(2)}`);
      }
    }
    assert.ok(contrast(TOKENS["on-accent"][i], TOKENS.accent[i]) >= 4.5);
  });
  test(`${theme}: lines of series have 3 on the charts`, () => {
    for (let n = 1; n <= 8; n += 1) assert.ok(contrast(TOKENS[`series-${n}`][i], TOKENS.surface[i]) >= 3, `series-${n}`);
  });
  for (const [sight, matrix] of Object.entries(SIGHT)) {
    test(`${theme}: the eight series differ under ${sight} sight`, () => {
      const least = sight === "usual" ? 0.07 : 0.03;
      for (let a = 1; a <= 8; a += 1) {
        for (let b = a + 1; b <= 8; b += 1) {
          const [p, q] = [a, b].map((n) => oklab(seen(TOKENS[`series-${n}`][i], matrix)));
          const apart = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
          assert.ok(apart >= least, `series ${a} and ${b}: ${apart.toFixed(3)}`);
        }
      }
    });
  }
});
