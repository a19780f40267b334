/**
 * A window of time as somebody writes it: "yesterday 14:00 to 16:00", "last 36 h", "2026-11-03 08:00 to now", two pasted
 * timestamps. English and German. Pure; times are those of the page's zone where they name none.
 */

import { DAY, HOUR, MINUTE, SECOND, instantOf, shownAt } from "./zone.js";

/** `from` and `to`, or one instant, ms. `last`: it is the time up to now.
 * @typedef {{from: number, to: number, last?: boolean}|{at: number}} Wanted */

const UNITS = /** @type {[RegExp, number][]} */ ([
  [/^(s|sec|secs|seconds?|sekunden?)$/, SECOND], [/^(m|min|mins|minutes?|minuten?)$/, MINUTE], [/^(h|hrs?|hours?|std|stunden?)$/, HOUR],
  [/^(d|days?|tage?n?|t)$/, DAY], [/^(w|weeks?|wochen?)$/, 7 * DAY], [/^(months?|monate?n?)$/, 30 * DAY], [/^(y|years?|jahre?n?|j)$/, 365 * DAY],
]);
const DAYS = [["sunday", "sonntag"], ["monday", "montag"], ["tuesday", "dienstag"], ["wednesday", "mittwoch"], ["thursday", "donnerstag"], ["friday", "freitag"], ["saturday", "samstag"]];
const MONTHS = [
  /^jan(uary?)?$/, /^feb(ruary?)?$/, /^(mar(ch)?|märz?|maerz|mrz)$/, /^apr(il)?$/, /^(may|mai)$/, /^jun[ei]?$/, /^jul[iy]?$/, /^aug(ust)?$/, /^sept?(ember)?$/,
  /^(oct|okt)(ober)?$/, /^nov(ember)?$/, /^(dec(ember)?|dez(ember)?)$/,
];
const BETWEEN = /\s+(?:to|until|till|bis|-|–|—|→)\s+|\s*(?:\.\.+|…|–|—|→)\s*|\s*[,;\n\t]\s*/;
const LAST = /^(?:the )?(?:last|past|letzten?|letzte[rs]?)\s+(.+)$/;
const SINCE = /^(?:since|from|seit|ab|von)\s+(.+)$/;

/** "36 h", "1 day", "90min". @param {string} text @returns {number|null} ms */
export function length(text) {
  const found = /^(\d+(?:[.,]\d+)?)?\s*([a-zäöü]+)$/.exec(text.trim());
  const unit = found && UNITS.find(([name]) => name.test(found[2]));
  const ms = unit ? Number((found?.[1] ?? "1").replace(",", ".")) * unit[1] : 0;
  return ms > 0 ? ms : null;
}

/** One moment as it is written: a day, with or without a time, or an instant.
 * @typedef {{day: number|null, time: number|null, instant: number|null}} Part ms as if in UTC; `instant` is exact */

/** @param {string} text @param {number} now @returns {Part|null} */
function part(text, now) {
  const words = text.trim().replace(/\s+(?:uhr|o'clock)$/, "");
  const instant = exact(words, now);
  if (instant !== null) return { day: null, time: null, instant };
  const zoned = /^(.*\d:\d\d)\s*([+\-−])(\d\d?)(?::(\d\d))?$/.exec(words);
  if (zoned) {
    // As times are written in an hour that comes twice: 02:30 +2.
    const shown = part(zoned[1], now);
    if (!shown || shown.time === null) return null;
    const off = (Number(zoned[3]) * HOUR + Number(zoned[4] ?? 0) * MINUTE) * (zoned[2] === "+" ? 1 : -1);
    return { day: null, time: null, instant: (shown.day ?? Math.floor(shownAt(now).getTime() / DAY) * DAY) + shown.time - off };
  }
  const found = /^(.*?)(?:^|[\sT,]+|(?<=\d)t)(?:at |um )?(\d{1,2})(?::(\d{2})(?::(\d{2}(?:\.\d+)?))?)\s*(am|pm)?$/.exec(words);
  const time = found ? clockTime(found) : null;
  if (found && time === null) return null;
  const rest = (found ? found[1] : words).trim();
  const day = rest ? date(rest, now) : null;
  return rest && day === null ? null : { day, time, instant: null };
}

/** @param {RegExpExecArray} found @returns {number|null} ms of a day */
function clockTime([, , hours, minutes, seconds, half]) {
  const hour = half ? (Number(hours) % 12) + (half === "pm" ? 12 : 0) : Number(hours);
  const ms = hour * HOUR + Number(minutes) * MINUTE + Math.round(Number(seconds ?? 0) * SECOND);
  return Number(minutes) < 60 && Number(seconds ?? 0) < 60 && ms <= DAY && (!half || Number(hours) <= 12) ? ms : null;
}

/** Now, a Unix time, ISO 8601 with its offset, or so long ago. @param {string} text @param {number} now @returns {number|null} */
function exact(text, now) {
  if (/^(now|jetzt)$/.test(text)) return now;
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Math.round(Number(text) * SECOND);
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const iso = /^(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s?(z|[+-]\d\d:?\d\d)$/.exec(text);
  if (iso) {
    const at = Date.parse(`${iso[1]}T${iso[2]}${iso[3].toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, "$1:$2")}`);
    return Number.isNaN(at) ? null : at;
  }
  const ago = /^(?:vor )?(.+?)(?: ago)?$/.exec(text);
  const ms = ago && (/^vor /.test(text) || / ago$/.test(text)) ? length(ago[1]) : /^[-−]\s*\d/.test(text) ? length(text.slice(1)) : null;
  return ms === null ? null : now - ms;
}

/** The midnight a day begins with, as if in UTC. @param {string} text @param {number} now @returns {number|null} */
function date(text, now) {
  const today = Math.floor(shownAt(now).getTime() / DAY) * DAY;
  if (/^(today|heute)$/.test(text)) return today;
  if (/^(yesterday|gestern)$/.test(text)) return today - DAY;
  if (/^(the day before yesterday|vorgestern)$/.test(text)) return today - 2 * DAY;
  const name = text.replace(/^(?:last|letzten?|on|am)\s+/, "").replace(/\.$/, "");
  const weekday = DAYS.findIndex((names) => names.some((each) => each === name || (name.length >= 2 && name.length <= 3 && each.startsWith(name))));
  if (weekday >= 0) return today - (((new Date(today).getUTCDay() - weekday + 6) % 7) + 1) * DAY;
  const iso = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text);
  if (iso) return whole(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const german = /^(\d\d?)\.\s?(\d\d?)\.(?:\s?(\d{4}))?$/.exec(text);
  if (german) return past(Number(german[2]), Number(german[1]), german[3], today);
  const named = /^(\d\d?)\.?\s+([a-zä]+)\.?(?:\s+(\d{4}))?$/.exec(text) ?? swapped(/^([a-zä]+)\.?\s+(\d\d?)(?:,?\s+(\d{4}))?$/.exec(text));
  const month = named ? MONTHS.findIndex((written) => written.test(named[2])) : -1;
  return named && month >= 0 ? past(month + 1, Number(named[1]), named[3], today) : null;
}

const swapped = (/** @type {RegExpExecArray|null} */ found) => found && [found[0], found[2], found[1], found[3]];

/** @returns {number|null} nothing for the 30th of February */
function whole(/** @type {number} */ year, /** @type {number} */ month, /** @type {number} */ day) {
  const at = Date.UTC(year, month - 1, day);
  const made = new Date(at);
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? at : null;
}

/** A day without its year is the newest that is not to come. */
function past(/** @type {number} */ month, /** @type {number} */ day, /** @type {string|undefined} */ year, /** @type {number} */ today) {
  if (year) return whole(Number(year), month, day);
  const here = new Date(today).getUTCFullYear();
  const at = whole(here, month, day);
  return at !== null && at > today ? whole(here - 1, month, day) : at;
}

/** @param {string} text @param {number} now ms @returns {Wanted|null} null: it is no time */
export function readTime(text, now) {
  if (!text.trim()) return null;
  const words = text.trim().toLowerCase().replace(/\s+/g, (blank) => (blank.includes("\n") ? "\n" : " "));
  const last = LAST.exec(words);
  const ms = length(last ? last[1] : words);
  if (ms !== null && !/^(m|t|j|s|h|d|w|y)$/.test(words)) return { from: now - ms, to: now, last: true };
  const since = SINCE.exec(words);
  const both = twoOf(since && BETWEEN.test(since[1]) ? since[1] : words, now);
  if (both) return between(both[0], both[1], now);
  const one = part(since ? since[1] : words, now);
  if (!one) return null;
  if (since) return ordered(instant(one, now, false), now);
  if (one.instant === null && one.time === null) return ordered(instant(one, now, false), instant(one, now, true));
  return { at: instant(one, now, false) };
}

/** @param {string} words @param {number} now @returns {[Part, Part]|null} */
function twoOf(words, now) {
  const splits = [...words.matchAll(new RegExp(BETWEEN, "g"))].map(({ index, 0: { length: wide } }) => [words.slice(0, index), words.slice(index + wide)]);
  // Two pasted timestamps may have a blank between them and nothing else.
  for (let at = words.indexOf(" "); at >= 0; at = words.indexOf(" ", at + 1)) {
    const halves = [words.slice(0, at), words.slice(at + 1)];
    if (halves.every((half) => /\d{9}|\d{4}-\d\d-\d\d/.test(half))) splits.push(halves);
  }
  for (const [first, second] of splits) {
    const a = part(first, now);
    const b = part(second, now);
    if (a && b) return [a, b];
  }
  return null;
}

/** @param {Part} part @param {number} now @param {boolean} end whether a day is meant to its end @returns {number} ms */
function instant({ day, time, instant: at }, now, end) {
  if (at !== null) return at;
  const from = day ?? Math.floor(shownAt(now).getTime() / DAY) * DAY;
  return instantOf(from + (time ?? (end ? DAY : 0)));
}

/** @param {Part} first @param {Part} second @param {number} now */
function between(first, second, now) {
  const from = instant(first, now, false);
  let end = second;
  if (end.instant === null && end.day === null) {
    // A time alone is of the day the first one is of, or of the next.
    const day = first.day ?? Math.floor(shownAt(from).getTime() / DAY) * DAY;
    const started = shownAt(from).getTime() - day;
    end = { ...end, day: (end.time ?? 0) <= started ? day + DAY : day };
  }
  return ordered(from, instant(end, now, true));
}

/** @returns {Wanted|null} */
function ordered(/** @type {number} */ a, /** @type {number} */ b) {
  return a === b ? null : { from: Math.min(a, b), to: Math.max(a, b) };
}
