/** What the palette offers besides what the server finds: acts of the page, its times, its sections. Pure. */

/** @typedef {{name: string, words?: string, about?: string, icon?: string, run: () => void}} Offer `words`: more to find it by */

/** @type {Set<Offer>} */ const offers = new Set();
/** @type {Set<(text: string) => Offer[]>} */ const readers = new Set();

/** An act of this page. @param {string} name what it does, in the page's language @param {string} words more to find it by @param {() => void} run
 * @returns {() => void} takes it away */
export function offer(name, words, run) {
  const one = { name, words, run };
  offers.add(one);
  return () => offers.delete(one);
}

/** A page with a window of time: what becomes of "last 36 h". @param {(text: string) => Offer[]} reader nothing for what is no time
 * @returns {() => void} takes it away */
export function offerTimes(reader) {
  readers.add(reader);
  return () => readers.delete(reader);
}

export const acts = () => [...offers];

/** @param {string} text @returns {Offer[]} */
export const times = (text) => (text.trim() ? [...readers].flatMap((reader) => reader(text)) : []);

/** Those with every word of the text, what begins with it first. @template {Offer} T @param {T[]} all @param {string} text @returns {T[]} */
export function matching(all, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (/** @type {T} */ { name, words: more = "" }) => `${name}\n${more}`.toLowerCase();
  const begins = (/** @type {T} */ one) => Number(one.name.toLowerCase().startsWith(words.join(" ")));
  return all.filter((one) => words.every((word) => says(one).includes(word))).sort((a, b) => begins(b) - begins(a));
}
