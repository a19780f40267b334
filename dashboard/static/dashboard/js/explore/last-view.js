/** What the explore page showed last, so that other pages can put a series beside it. */

import { readView, withView } from "./view-text.js";
import { BrowserMemory } from "../charts/browser-memory.js";

/** @type {BrowserMemory<string>} */ const memory = new BrowserMemory("pulseboard.explore");
const LAST = "last";

/** @param {string} query */
export const keepView = (query) => memory.keep(LAST, query);

/** The page with these and no others. @param {string[]} names of series @param {string} window the query of a time line @returns {string} */
export const exploreWith = (names, window = "") => `/explore/${withView(window, { ...readView(""), names })}`;

/** Put these beside what was shown last. @param {string[]} names @returns {string} the page's address with them */
export function addToLast(names) {
  const query = memory.get(LAST) ?? "";
  const view = readView(query);
  const next = withView(query, { ...view, names: [...new Set([...view.names, ...names])] });
  keepView(next);
  return `/explore/${next}`;
}
