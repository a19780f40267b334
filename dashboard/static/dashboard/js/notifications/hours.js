/** Quiet hours, shifts and lengths of time as words. Pure. */

import { day, dayAndMonth, hourAndMinute, WEEKDAYS } from "../time/moment.js";
import { t } from "../page/language.js";

/** @typedef {{days: number[], from: string, to: string}} Window */

const EVERY = [1, 2, 3, 4, 5, 6, 7];

/** What a new row of quiet hours begins with. @returns {Window} */
export const night = () => ({ days: [...EVERY], from: "22:00", to: "07:00" });

/** "Every day", "Mon–Fri", "Sat, Sun". @param {number[]} days 1 is Monday */
export function daysInWords(days) {
  const sorted = EVERY.filter((day) => days.includes(day));
  if (sorted.length === 7) return t("Every day");
  /** @type {number[][]} */ const runs = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last?.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  const name = (/** @type {number} */ day) => WEEKDAYS[day - 1];
  return runs.map((run) => (run.length > 2 ? `${name(run[0])}–${name(run[run.length - 1])}` : run.map(name).join(", "))).join(", ");
}

/** "Every day 22:00 to 07:00". @param {Window} window */
export function inWords({ days, from, to }) {
  return `${daysInWords(days)} ${from === to ? t("from {from} for a day", { from }) : t("{from} to {to}", { from, to })}`;
}

/** "1 week", "12 hours", "3 days". @param {number} hours */
export function shiftInWords(hours) {
  const [many, unit] = hours % 168 === 0 ? [hours / 168, "week"] : hours % 24 === 0 ? [hours / 24, "day"] : [hours, "hour"];
  return `${many} ${unit}${many === 1 ? "" : "s"}`;
}

/** The day on or off, in order. @param {number[]} days @param {number} day @param {boolean} on */
export const withDay = (days, day, on) => EVERY.filter((each) => (each === day ? on : days.includes(each)));

/** "after 5 min", "at once", "after 2 h 10 min". @param {number} minutes */
export function afterMinutes(minutes) {
  if (minutes === 0) return t("at once");
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return t("after {time}", { time: [hours ? `${hours} h` : "", rest ? `${rest} min` : ""].filter(Boolean).join(" ") });
}

/** When each step of a policy is due, minutes after the firing, for one round. @param {{minutes: number}[]} steps */
export function dueMinutes(steps) {
  let at = 0;
  return steps.map(({ minutes }) => {
    const due = at;
    at += minutes;
    return due;
  });
}

/** "14:05" today, "30 Nov 08:00" otherwise: nobody is called by the second. @param {number} at @param {number} now */
export const shortly = (at, now) => (day(at) === day(now) ? hourAndMinute(at) : `${dayAndMonth(at)} ${hourAndMinute(at)}`);
