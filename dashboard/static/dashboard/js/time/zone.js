/**
 * The calendar of the zone that times are shown in, the viewer's own unless another is chosen: what its clocks show at an instant,
 * and where they are changed. Pure but for the zone itself, which the browser knows. Everything that writes or divides local time asks here; nothing else reads
 * `getTimezoneOffset`.
 */

export const SECOND = 1000; // ms
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const LOOK = 6 * HOUR; // between two looks for a change of clocks: no zone changes them twice so soon

const STEP = 15 * MINUTE; // no zone changes its clocks at another instant than a multiple of this
const HELD = 50_000; // offsets kept of a zone that is not the viewer's own

/** The zone that times are shown in, if it is not the viewer's own.
 * @type {{name: string, format: Intl.DateTimeFormat, held: Map<number, number>}|null} */
let chosen = null;

/** Show all times of the page as the clocks of this zone do; null: as the viewer's own. A name that the browser does not know is
 * the viewer's own. @param {string|null} name */
export function useZone(name) {
  try {
    chosen = name === null ? null : { name, held: new Map(), format: new Intl.DateTimeFormat("en-GB", {
      timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    }) };
  } catch {
    chosen = null;
  }
}

/** The zone of the times of this page: "Europe/Berlin". */
export const zoneName = () => chosen?.name ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

/** What the viewer's own clocks are ahead of UTC, ms. */
const viewers = (/** @type {number} */ at) => -new Date(at).getTimezoneOffset() * MINUTE;

/** Whether the page's clocks show what the viewer's own do. @param {number} at */
export const isViewers = (at) => ahead(at) === viewers(at);

/** What the clocks are ahead of UTC, ms. @param {number} at */
export function ahead(at) {
  if (!chosen) return viewers(at);
  const step = Math.floor(at / STEP);
  const held = chosen.held.get(step);
  if (held !== undefined) return held;
  const shown = Object.fromEntries(chosen.format.formatToParts(step * STEP).map(({ type, value }) => [type, Number(value)]));
  const found = Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) - step * STEP;
  if (chosen.held.size >= HELD) chosen.held.clear();
  chosen.held.set(step, found);
  return found;
}

/** What the clocks show at an instant, as the UTC of a date. @param {number} at */
export const shownAt = (at) => new Date(at + ahead(at));

/** All instants at which the clocks show this, given as if it were UTC: two in an hour that comes twice, none in one that is left out.
 * @param {number} shown ms @returns {number[]} ms, in order */
export const instantsOf = (shown) => [...new Set([shown - ahead(shown - DAY), shown - ahead(shown + DAY)])].filter((at) => at + ahead(at) === shown).sort((a, b) => a - b);

/** When the clocks show this, given as if it were UTC: the first time if they do so twice, the moment of the change where they leave
 * it out. @param {number} shown ms @returns {number} ms */
export function instantOf(shown) {
  const [found] = instantsOf(shown);
  if (found !== undefined) return found;
  const [change] = changes(shown - 2 * DAY, shown + 2 * DAY).filter((at) => at - 1 + ahead(at - 1) < shown && at + ahead(at) > shown);
  return change ?? shown - ahead(shown);
}

/**
 * The instants in (from, to] at which the clocks are changed.
 * @param {number} from @param {number} to @returns {number[]}
 */
export function changes(from, to) {
  const found = [];
  for (let left = Math.floor(from); left < to; left += LOOK) {
    let low = left;
    let high = Math.min(left + LOOK, Math.floor(to));
    if (ahead(low) === ahead(high)) continue;
    const before = ahead(low);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ahead(middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

/** Whether the local clock shows this time twice, here or at another instant of the day. @param {number} at */
export function repeated(at) {
  const own = ahead(at);
  return [at - DAY, at + DAY].some((near) => {
    const other = ahead(near);
    return other !== own && ahead(at + own - other) === other;
  });
}

const date = (/** @type {number} */ at) => Math.floor((at + ahead(at)) / DAY);

/** Whether a day begins here: at midnight, or later where the clocks skip midnight. @param {number} at a whole ms */
export const beginsDay = (at) => date(at) !== date(at - 1);
