/** Instants as the clocks of the page's zone write them. Pure: the time is always a parameter. */

import { HOUR, MINUTE, ahead, repeated, shownAt } from "./zone.js";
import { locale, t } from "../page/language.js";

export { zoneName } from "./zone.js";

export const WEEKDAYS = [t("Mon"), t("Tue"), t("Wed"), t("Thu"), t("Fri"), t("Sat"), t("Sun")]; // their numbers begin with 1
const MINUS = "\u2212";

const two = (/** @type {number} */ part) => String(part).padStart(2, "0");

/** "+2", "+10:30": short, to tell the two hours apart that a clock shows twice. @param {number} at */
function zoneMark(at) {
  const away = Math.abs(ahead(at));
  const minutes = Math.floor((away % HOUR) / MINUTE);
  return `${ahead(at) < 0 ? MINUS : "+"}${Math.floor(away / HOUR)}${minutes ? `:${two(minutes)}` : ""}`;
}

/** A text of the clock, with its offset where the clock shows it twice. @param {string} text @param {number} at */
const told = (text, at) => (repeated(at) ? `${text} ${zoneMark(at)}` : text);

/** "+01:00": what the local clock is ahead at that time. @param {number} at */
export function offset(at) {
  const away = Math.abs(ahead(at));
  return `${ahead(at) < 0 ? MINUS : "+"}${two(Math.floor(away / HOUR))}:${two(Math.floor((away % HOUR) / MINUTE))}`;
}

/** "2026-11-22". @param {number} at */
export function day(at) {
  return shownAt(at).toISOString().slice(0, 10);
}

const seconds = (/** @type {number} */ at) => shownAt(at).toISOString().slice(11, 19);

/** "12:03:07"; "02:03:07 +2" in an hour that comes twice. @param {number} at */
export const clock = (at) => told(seconds(at), at);

/** "12:03"; "02:03 +2" in an hour that comes twice. @param {number} at */
export const hourAndMinute = (at) => told(seconds(at).slice(0, 5), at);

/** "22 Nov", as the viewer's language writes it. @param {number} at */
export const dayAndMonth = (at) => shownAt(at).toLocaleDateString(locale, { timeZone: "UTC", day: "numeric", month: "short" });

/** Date, time and offset. @param {number} at */
export const moment = (at) => `${day(at)} ${seconds(at)} ${offset(at)}`;

/** The time alone today, with its date otherwise. @param {number} at @param {number} now */
export const when = (at, now) => (day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`);
