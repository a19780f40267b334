/** Which values the card of a device shows. Pure. */

const OTHERS = 2; // of a card that nobody has arranged
const NUMBERS = new Set(["gauge", "counter"]);
const KINDS = ["gauge", "counter", "boolean", "text"];

/** @typedef {{id: number, kind: string, main: string, others: string[], word: string, bar: string}} Template  as in `GET /api/v1/cards/`; metrics */
/** @typedef {{main: any|null, others: any[], word: any|null, bar: any|null}} Card  series of the device */

/** A device's series: what has a line first, then as first sent. @template {{id: number, kind: string}} S @param {S[]} series */
export function inOrder(series) {
  return [...series].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.id - b.id);
}

/** @param {any[]} series of the device @param {Template|null|undefined} template of its kind @param {Record<string, any[]>} limits by metric @returns {Card} */
export function cardOf(series, template, limits) {
  const ordered = inOrder(series);
  const named = (/** @type {string} */ metric) => (metric && series.find((one) => one.metric === metric)) || null;
  const limited = (/** @type {any} */ one) => (one && Object.hasOwn(limits, one.metric) && limits[one.metric].length ? one : null);
  if (!template) {
    const [main = null, ...rest] = ordered;
    const word = rest.find(({ kind }) => !NUMBERS.has(kind)) ?? null;
    return { main, others: rest.filter((one) => one !== word).slice(0, OTHERS), word, bar: limited(main) };
  }
  const main = named(template.main) ?? ordered[0] ?? null;
  const others = template.others.map(named).filter((one) => one !== null && one !== main);
  return { main, others, word: named(template.word), bar: limited(named(template.bar)) };
}

/** The series a card shows, each once. @param {Card} card @returns {any[]} */
export function shownOn({ main, others, word, bar }) {
  return [...new Set([main, ...others, word, bar])].filter((one) => one !== null);
}

const ROOM = 0.25; // of the way from the limit, beyond what is shown

/** Where a value stands among its limits, as shares of the bar's width.
 * @param {number} value @param {import("./limits.js").Line[]} lines at least one
 * @returns {{at: number, limits: {at: number, op: string|null}[]}} */
export function barOf(value, lines) {
  const all = [value, ...lines.map((line) => line.value)];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = (high - low || Math.abs(value) || 1) * ROOM;
  const share = (/** @type {number} */ one) => (one - low + room) / (high - low + 2 * room);
  return { at: share(value), limits: lines.map(({ value: limit, op }) => ({ at: share(limit), op: op ?? null })) };
}
