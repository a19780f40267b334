/**
 * A line without axes. Hundreds stand on one page, so it is a path and no canvas: a browser keeps a layer for each
 * canvas, and sorting hundreds of layers took it a third of every frame of a scroll.
 */

import { isGap } from "./gaps.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100; // of the picture's own units, stretched to the element
const HEIGHT = 36;
const ROOM = { left: 1, right: 3, top: 3 }; // units kept free for the stroke and the dot
const STEADY = 0.004; // share of the value below which a change is drawn level, not blown up

/**
 * @typedef {{rows: import("./points.js").Row[], from: number, to: number, gapAfter: number, zero?: boolean,
 *   limit?: number|null}} Picture `zero`: it is in the picture, as `limit` is, which is a line of its own
 * @param {Picture} picture
 * @returns {{limit: string, line: string, end: string}} path data: the line with its gaps, and its newest point
 */
export function sparkShape({ rows, from, to, gapAfter, zero = false, limit = null }) {
  const seen = rows.filter((row) => row[0] >= from && typeof row[1] === "number");
  if (!seen.length) return { limit: "", line: "", end: "" };
  let low = Math.min(zero ? 0 : Infinity, limit ?? Infinity);
  let high = limit ?? -Infinity;
  for (const row of seen) {
    low = Math.min(low, Number(row[1]));
    high = Math.max(high, Number(row[1]));
  }
  const spread = Math.max(high - low, Math.abs(high) * STEADY, 1e-9);
  const middle = (high + low) / 2;
  const x = (/** @type {number} */ time) => (ROOM.left + ((time - from) / (to - from)) * (WIDTH - ROOM.left - ROOM.right)).toFixed(1);
  const y = (/** @type {number} */ value) => (HEIGHT / 2 - ((value - middle) / spread) * (HEIGHT - 2 * ROOM.top)).toFixed(1);
  let line = "";
  seen.forEach((row, i) => {
    line += `${i === 0 || isGap(seen, i, gapAfter) ? "M" : "L"}${x(row[0])} ${y(row[1])}`;
  });
  const last = seen[seen.length - 1];
  return { limit: limit === null ? "" : `M0 ${y(limit)}H${WIDTH}`, line, end: `M${x(last[0])} ${y(Number(last[1]))}h0` }; // a line of no length with round ends is a dot
}

/** @returns {SVGElement} */
export const sparkline = () => picture("spark", WIDTH, HEIGHT, ["limit", "line", "end"]);

/** A picture of strokes without a drawing yet; its colours and size come from the style sheet. @param {string} className
 * @param {number} width of its own units, stretched to the element @param {number} height @param {string[]} strokes their classes @returns {SVGElement} */
export function picture(className, width, height, strokes) {
  const svg = document.createElementNS(SVG, "svg");
  const own = { class: className, "aria-hidden": "true", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" };
  // A size of its own that asks for no room: without one it would take it from the number beside it.
  for (const [name, value] of Object.entries({ ...own, width: "1", height: "1" })) svg.setAttribute(name, value);
  for (const name of strokes) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(path);
  }
  return svg;
}

/** @param {SVGElement} svg made by `sparkline` @param {Picture} shown */
export function drawSparkline(svg, shown) {
  const shape = sparkShape(shown);
  for (const path of svg.children) {
    const data = shape[/** @type {"limit"|"line"|"end"} */ (path.getAttribute("class"))];
    if (path.getAttribute("d") !== data) path.setAttribute("d", data);
  }
}
