/** How the charts of chosen series are laid out: all of two units on one, or each on its own; what the viewer laid over each other stays so. Pure. */

import { isState, panels, unitsOf } from "../charts/layout.js";

const UNITS = 2; // of one chart, an axis on each side

/** @typedef {import("../charts/layout.js").Layout} Layout */

/** Names of lines that share a chart, by their units in the order they come. @param {any[]} series */
function byUnits(series) {
  const numbers = series.filter((one) => !isState(one));
  const units = unitsOf(numbers);
  const sets = [];
  for (let i = 0; i < units.length; i += UNITS) sets.push(numbers.filter(({ unit }) => units.slice(i, i + UNITS).includes(unit)));
  return sets;
}

/** @param {any[]} series in their order, each before the one of another time that is of it @param {Layout} layout @param {boolean} isApart */
export function explorePanels(series, layout, isApart) {
  const present = series.filter(({ shifted }) => !shifted);
  const laid = panels(present, isApart ? { ...layout, apart: present.map(({ metric }) => metric) } : { ...layout, together: [...layout.together, ...byUnits(present).map((set) => set.map(({ metric }) => metric))] });
  // Beside the line it is compared with, whatever a chart may hold.
  const before = new Map(series.filter(({ shifted }) => shifted).map((one) => [one.shifted, one]));
  return laid.map((panel) => ({ ...panel, lines: panel.lines.flatMap((line) => [line, before.get(line.id)].filter(Boolean)) }));
}
