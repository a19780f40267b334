/** What the explore page shows, as its address has it. The window and the layout of the charts stand there too, written by others. Pure. */

/** @typedef {import("../time/shift.js").Shift} Shift */

export const MOST = 8; // series on common charts: as many as there are colours
export const MOST_APART = 24; // series with a chart of their own each
const SHIFTS = new Set(["day", "week", "year"]);
const LOOKS = new Set(["histogram", "scatter"]);
const INTERVALS = new Set(["1m", "5m", "15m", "1h", "1d", "1w", "1mo"]);
const AGGREGATES = new Set(["mean", "min", "max", "sum", "count", "first", "last", "median", "p05", "p95", "stddev", "increase", "rate", "time_weighted_mean"]);
const OURS = ["s", "each", "shift", "interval", "agg", "look", "x", "y", "device"];

/**
 * `names`: of series, `uid.metric`, which survive; `isApart`: each on a chart of its own; `interval` "": as it fits the picture;
 * `look`: at their distribution or at two against each other, `x` and `y`; `devices`: of which a metric is to be chosen.
 * @typedef {{names: string[], isApart: boolean, shift: Shift|"", interval: string, agg: string, look: ""|"histogram"|"scatter", x: string, y: string, devices: string[]}} View
 */

/** Whatever stands in an address; what is no view is left out. @param {string} search @returns {View} */
export function readView(search) {
  const query = new URLSearchParams(search);
  const one = (/** @type {string} */ name, /** @type {Set<string>} */ allowed) => (allowed.has(query.get(name) ?? "") ? String(query.get(name)) : "");
  const names = [...new Set(query.getAll("s"))].filter((name) => /^[\w-]+\../.test(name));
  return {
    names: names.slice(0, MOST_APART), isApart: query.get("each") === "1" || names.length > MOST, shift: /** @type {Shift|""} */ (one("shift", SHIFTS)),
    interval: one("interval", INTERVALS), agg: one("agg", AGGREGATES) || "mean", look: /** @type {any} */ (one("look", LOOKS)),
    x: query.get("x") ?? "", y: query.get("y") ?? "", devices: [...new Set(query.getAll("device"))],
  };
}

/** The address with this view; what else it says stays. @param {string} search @param {View} view @returns {string} */
export function withView(search, view) {
  const query = new URLSearchParams(search);
  for (const name of OURS) query.delete(name);
  for (const name of view.names) query.append("s", name);
  if (view.isApart) query.set("each", "1");
  if (view.shift) query.set("shift", view.shift);
  if (view.interval) query.set("interval", view.interval);
  if (view.interval && view.agg !== "mean") query.set("agg", view.agg);
  if (view.look) query.set("look", view.look);
  if (view.look === "scatter" && view.x) query.set("x", view.x);
  if (view.look === "scatter" && view.y) query.set("y", view.y);
  return `?${query}`;
}
