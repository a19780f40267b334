/** What becomes of a form while somebody else writes what it shows. Pure. */

/** @typedef {Record<string, any>} Values by field */

/** @param {any} a @param {any} b */
export const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The fields one has changed, as they are now. @param {Values} saved @param {Values} mine @returns {Values} */
export const changed = (saved, mine) => Object.fromEntries(Object.entries(mine).filter(([name, value]) => !same(saved[name], value)));

/**
 * Of each field what the form shows now: theirs, where one has changed nothing; mine otherwise, and then one is told of theirs.
 * @param {Values} saved what the form began with @param {Values} mine what it shows @param {Values} theirs what is saved now
 * @returns {{mine: Values, told: Values}}
 */
export function merge(saved, mine, theirs) {
  const shown = { ...mine };
  /** @type {Values} */ const told = {};
  for (const name of Object.keys(mine)) {
    if (!(name in theirs) || same(saved[name], theirs[name])) continue;
    if (same(mine[name], saved[name])) shown[name] = theirs[name];
    else if (!same(mine[name], theirs[name])) told[name] = theirs[name];
  }
  return { mine: shown, told };
}
