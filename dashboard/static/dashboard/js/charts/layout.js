/** How the charts of a device are laid out: which series share a chart, under which one a state lies, and in what order. Pure. */

const MOST_LINES = 8; // of one chart; more could not be told apart by colour
const MOST_UNITS = 2; // a value axis on each side
const STATES = new Set(["boolean", "text"]);
// Parts of a name that tell the directions or phases of one thing apart.
const DIRECTIONS = [["x", "y", "z"], ["a", "b", "c"], ["l1", "l2", "l3"], ["r", "s", "t"]];
const WORD = /[._\-\s/]+/;

/**
 * @typedef {{id: number, metric: string, unit: string, kind: string}} Series
 * @typedef {{min: number|null, max: number|null, log: boolean}} AxisLimits  null: as the values ask for
 * What a viewer chose; each metric and chart not named here is where it would be anyway. A chart is named by its first metric.
 * @typedef {{pinned: string[], hidden: string[], order: string[], together: string[][], apart: string[], under: Record<string, string>,
 *   axes: Record<string, AxisLimits>}} Layout
 * @typedef {{key: string, lines: any[], lanes: any[], unit: string, pinned: boolean}} Panel
 */

/** @returns {Layout} */
export const plain = () => ({ pinned: [], hidden: [], order: [], together: [], apart: [], under: Object.create(null), axes: Object.create(null) });

export const isState = (/** @type {{kind: string}} */ { kind }) => STATES.has(kind);

/** The units of lines, each once, in order. @param {{unit: string}[]} lines */
export const unitsOf = (lines) => [...new Set(lines.map(({ unit }) => unit))];

/** Whether lines fit on one chart. @param {{unit: string}[]} lines */
export const fitTogether = (lines) => lines.length <= MOST_LINES && unitsOf(lines).length <= MOST_UNITS;

/** What metrics that belong to one thing have in common: "motor.x_rms" and "motor.y_rms" are "motor.*_rms". @param {Series} series */
function thing({ metric, unit }) {
  const words = metric.toLowerCase().split(WORD);
  for (const [i, word] of words.entries()) {
    const set = DIRECTIONS.find((names) => names.includes(word));
    if (set) return `${words.with(i, `*${set[0]}`).join(".")}|${unit}`;
  }
  return null;
}

/** The lines of each chart, by its key. @param {Series[]} numbers @param {Layout} layout @returns {Map<string, Series[]>} */
function charts(numbers, layout) {
  const byMetric = new Map(numbers.map((one) => [one.metric, one]));
  /** @type {Map<string, Series[]>} */ const found = new Map();
  const placed = new Set();
  const put = (/** @type {Series[]} */ lines) => {
    found.set(lines[0].metric, lines);
    for (const { metric } of lines) placed.add(metric);
  };
  for (const metrics of layout.together) {
    const lines = metrics.flatMap((metric) => byMetric.get(metric) ?? []).filter(({ metric }) => !placed.has(metric));
    if (lines.length && fitTogether(lines)) put(lines);
  }
  /** @type {Map<string, Series[]>} */ const things = new Map();
  for (const one of numbers) {
    const name = placed.has(one.metric) || layout.apart.includes(one.metric) ? null : thing(one);
    if (name) things.set(name, [...(things.get(name) ?? []), one]);
  }
  for (const lines of things.values()) if (lines.length > 1 && fitTogether(lines)) put(lines);
  for (const one of numbers) if (!placed.has(one.metric)) put([one]);
  return found;
}

/** By unit in the order the units come first, then as the viewer moved them. @param {Map<string, Series[]>} found @param {Series[]} numbers @param {Layout} layout */
function inOrder(found, numbers, layout) {
  const units = unitsOf(numbers);
  const place = new Map(numbers.map(({ metric }, i) => [metric, i]));
  const natural = [...found.keys()].sort((a, b) => {
    const [left, right] = [found.get(a), found.get(b)].map((lines) => units.indexOf(lines?.[0].unit ?? ""));
    return left - right || (place.get(a) ?? 0) - (place.get(b) ?? 0);
  });
  const moved = new Map(layout.order.map((key, i) => [key, i]));
  const at = (/** @type {string} */ key, /** @type {number} */ i) => moved.get(key) ?? moved.size + i;
  return { natural, ordered: natural.map((key, i) => ({ key, at: at(key, i) })).sort((a, b) => a.at - b.at).map(({ key }) => key) };
}

/** How many words two names begin with alike. @param {string} a @param {string} b */
function alike(a, b) {
  const [left, right] = [a, b].map((name) => name.toLowerCase().split(WORD));
  let count = 0;
  while (count < left.length && left[count] === right[count]) count += 1;
  return count;
}

/** The chart a state explains: the one the viewer put it under, otherwise the one whose names begin like its own, otherwise the first.
 * @param {string} metric @param {Panel[]} panels in their natural order @param {Layout} layout */
function explained(metric, panels, layout) {
  const chosen = Object.hasOwn(layout.under, metric) ? panels.find(({ lines }) => lines.some((line) => line.metric === layout.under[metric])) : undefined;
  if (chosen) return chosen;
  const kin = (/** @type {Panel} */ panel) => Math.max(...panel.lines.map((line) => alike(line.metric, metric)));
  return panels.reduce((best, one) => (kin(one) > kin(best) ? one : best));
}

/**
 * The charts in the order they are shown, without what is hidden. States alone are one chart without lines, whose key is "".
 * @param {Series[]} series in their natural order @param {Layout} layout @returns {Panel[]}
 */
export function panels(series, layout) {
  const shown = series.filter(({ metric }) => !layout.hidden.includes(metric));
  const numbers = shown.filter((one) => !isState(one));
  const states = shown.filter(isState);
  const found = charts(numbers, layout);
  const { natural, ordered } = inOrder(found, numbers, layout);
  const make = (/** @type {string} */ key) => {
    const lines = found.get(key) ?? [];
    return { key, lines, lanes: /** @type {Series[]} */ ([]), unit: unitsOf(lines).join(", "), pinned: layout.pinned.includes(key) };
  };
  const made = new Map(natural.map((key) => [key, make(key)]));
  if (!made.size) return states.length ? [{ ...make(""), lanes: states }] : [];
  for (const state of states) explained(state.metric, [...made.values()], layout).lanes.push(state);
  const all = ordered.map((key) => /** @type {Panel} */ (made.get(key)));
  return [...all.filter(({ pinned }) => pinned), ...all.filter(({ pinned }) => !pinned)];
}

/** Every word is in a series' name, as it is sent and as it is shown, or is its unit. @param {{metric: string, unit: string, label?: string}} series
 * @param {string} search @param {string} shown */
export function matches({ metric, unit, label = "" }, search, shown) {
  const text = [metric, shown, unit, label].join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}

const without = (/** @type {string[]} */ list, /** @type {string[]} */ gone) => list.filter((one) => !gone.includes(one));

/** One chart's lines are drawn on another's. @param {Layout} layout @param {Panel} onto @param {Panel} added @returns {Layout} */
export function joined(layout, onto, added) {
  const metrics = [...onto.lines, ...added.lines].map(({ metric }) => metric);
  const rest = layout.together.map((set) => without(set, metrics)).filter((set) => set.length > 1);
  return { ...layout, together: [...rest, metrics], apart: without(layout.apart, metrics) };
}

/** Each line of a chart has one of its own. @param {Layout} layout @param {Panel} panel @returns {Layout} */
export function parted(layout, panel) {
  const metrics = panel.lines.map(({ metric }) => metric);
  const rest = layout.together.map((set) => without(set, metrics)).filter((set) => set.length > 1);
  return { ...layout, together: rest, apart: [...without(layout.apart, metrics), ...metrics.filter((metric) => thing(/** @type {any} */ (panel.lines.find((line) => line.metric === metric))))] };
}

/** A chart stands before another one, or at the end. @param {Layout} layout @param {Panel[]} shown @param {string} key @param {string|null} before @returns {Layout} */
export function moved(layout, shown, key, before) {
  const keys = shown.map((panel) => panel.key).filter((one) => one !== key);
  const at = before === null ? keys.length : keys.indexOf(before);
  keys.splice(at < 0 ? keys.length : at, 0, key);
  // What a filter or the viewer hides keeps its place behind the rest.
  return { ...layout, order: [...keys, ...layout.order.filter((one) => !keys.includes(one))] };
}

/** @param {string[]} list @param {string} one @returns {string[]} with it, or without it */
export const toggled = (list, one) => (list.includes(one) ? without(list, [one]) : [...list, one]);
