/**
 * The page's language: a text as the English one, or what the catalogue of the page's language calls it.
 *
 * The catalogue is there before any module that imports this one runs, so a constant may be a text. English has none.
 */

import { isolated } from "./invisible.js";
import { Sentences } from "./recognised.js";

const CONTEXT = "\u0004"; // between a context and its text, as gettext has it
const root = globalThis.document?.documentElement;

/** Of the page: "en", "de". */
export const language = root?.lang || "en";

/** The browser's own of that language, which says how a date is written: "en-GB". */
export const locale = globalThis.navigator?.languages?.find((one) => one.split("-")[0] === language) ?? language;

/** Between whole units and fractions in the page's language: "." or ",". */
export const decimalSign = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? ".";

const { words, sentences } = root?.dataset.words ? await catalogue(root.dataset.words) : { words: new Map(), sentences: null };

/** @param {string} address @returns {Promise<{words: Map<string, string|string[]>, sentences: Sentences|null}>} */
async function catalogue(address) {
  try {
    const found = await import(address);
    return { words: new Map(Object.entries(found.default)), sentences: new Sentences(found.told ?? {}) };
  } catch {
    return { words: new Map(), sentences: null }; // a page in English is better than none
  }
}

/** What the server said, apart from its values (`telemetry/series/said.py`); null of a text that is as somebody wrote it.
 * @typedef {{of: string, with: Record<string, any>}|null|undefined} Said */

/** @typedef {Record<string, string|number>} Values what stands for `{name}` in a text */

/** @param {string} text @param {Values} values */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => isolated(String(values[name] ?? whole)));

/**
 * A text. @param {string} text in English, written out: it is looked for in the source
 * @param {Values} [values]
 */
export function t(text, values = {}) {
  return filled(String(words.get(text) ?? text), values);
}

/**
 * A text whose English has two meanings. @param {string} context which: "verb" @param {string} text @param {Values} [values]
 */
export function tx(context, text, values = {}) {
  return filled(String(words.get(`${context}${CONTEXT}${text}`) ?? text), values);
}

/**
 * A text of a number. @param {string} one @param {string} many @param {number} count which of them
 * @param {Values} [values] of the text; `n` is for the number, as it is to be written
 */
export function tn(one, many, count, values = { n: count }) {
  const forms = words.get(one);
  return filled(Array.isArray(forms) ? forms[count === 1 ? 0 : 1] : count === 1 ? one : many, values);
}

/**
 * What the server said, in the page's language. @param {Said} said @param {string} text as it is without that
 */
export function worded(said, text) {
  return said ? inWords(said) : text;
}

/**
 * What the server found wrong, or did, and kept in English for everybody: in the page's language where it is a sentence of ours.
 * @param {string|null|undefined} text @returns {string}
 */
export function recognised(text) {
  return (text && sentences?.said(text)) || text || "";
}

/** @param {any} value @returns {string} */
function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  if (value === null || typeof value !== "object") return String(value);
  if ("number" in value) return value.number.replace(".", decimalSign);
  return filled(String(words.get(value.of) ?? value.of), Object.fromEntries(Object.entries(value.with).map(([name, one]) => [name, inWords(one)])));
}
