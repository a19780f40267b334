/** The parts of a window in which a page cannot know what happened: a chart makes no claim there. Pure. */

/**
 * @param {{from: number, to: number}} window ms
 * @param {import("../charts/points.js").Points} points of one series
 * @param {{knownUntil: number, hole: {from: number, to: number|null}|null, fixed: boolean}} page `hole`: live readings may be missing
 *   there, to now if it has no end yet; `fixed`: the points are a history alone, nothing live follows it
 * @returns {[number, number][]} ms, in order
 */
export function missing({ from, to }, points, { knownUntil, hole, fixed }) {
  const begin = points.loaded?.from ?? points.rows[0]?.[0] ?? points.texts[0]?.[0] ?? to;
  const end = Math.min(knownUntil, fixed ? points.loaded?.to ?? begin : Infinity);
  /** @type {[number, number][]} */ const parts = [[from, begin]];
  if (hole && !fixed) parts.push([hole.from, hole.to ?? to]);
  parts.push([Math.max(begin, end), to]);
  /** @type {[number, number][]} */ const apart = [];
  for (const [a, b] of parts) {
    const start = Math.max(from, a, apart[apart.length - 1]?.[1] ?? from);
    if (Math.min(to, b) > start) apart.push([start, Math.min(to, b)]);
  }
  return apart;
}
