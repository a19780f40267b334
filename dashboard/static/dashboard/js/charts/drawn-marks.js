/** Marks of a page's time line as a chart draws them behind its lines: an instant as a line, a part of time as a tint. */

import { colour } from "../page/element.js";

const TINT = 0.1;
const LINE = 0.7; // how strong an instant's line is
const FLAG = 5; // px of its head
const TONES = /** @type {Record<string, string>} */ ({ note: "--accent", online: "--online", late: "--late", silent: "--silent", offline: "--offline", quiet: "--text-3" });

/** The colours of the tones under the present theme; asked once, not for every picture. @returns {Record<string, string>} */
export const markColours = () => Object.fromEntries(Object.entries(TONES).map(([tone, name]) => [tone, colour(name)]));

/** @typedef {import("../time/marks.js").Mark} Mark */

/** The marks a chart of these series shows. Alerts are drawn with their limits (`alert-spans.js`), what presence was on its own lane.
 * @param {import("../time/marks.js").Marks|undefined} marks @param {number[]} series @param {{from: number, to: number}} window @returns {Mark[]} */
export function marksOn(marks, series, { from, to }) {
  if (!marks) return [];
  return marks.within(from, to).filter((mark) => mark.kind !== "alert" && mark.kind !== "presence" && (mark.series === null || series.includes(mark.series)));
}

/**
 * @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number, bottom: number}} area @param {Mark[]} marks
 * @param {(at: number) => number} x @param {{now: number, colours: Record<string, string>}} o `now`: ms, where what goes on ends
 */
export function drawMarks(context, area, marks, x, { now, colours }) {
  context.save();
  for (const { at, until, ongoing, tone } of marks) {
    context.fillStyle = colours[tone] ?? colours.quiet;
    const a = Math.round(x(at));
    const end = ongoing ? now : until;
    if (end !== null) {
      const b = Math.max(a + 2, x(end));
      context.globalAlpha = TINT;
      context.fillRect(a, area.top, b - a, area.bottom - area.top);
    }
    context.globalAlpha = LINE;
    context.fillRect(a, area.top, 1, area.bottom - area.top);
    context.globalAlpha = 1;
    context.beginPath();
    context.moveTo(a - FLAG + 0.5, area.top);
    context.lineTo(a + FLAG + 0.5, area.top);
    context.lineTo(a + 0.5, area.top + FLAG + 1);
    context.fill();
  }
  context.restore();
}

/** The mark a pointer is on. @param {Mark[]} marks @param {number} time @param {number} near ms beside an instant @returns {Mark|null} the nearest */
export function markAt(marks, time, near) {
  const hit = marks.filter(({ at, until, ongoing }) => time >= at - near && time <= Math.max(at + near, ongoing ? time : until ?? at));
  return hit.reduce((/** @type {Mark|null} */ best, one) => (best === null || Math.abs(one.at - time) < Math.abs(best.at - time) ? one : best), null);
}

/** Opens the nearest mark at a time that can be opened; whether there was one. @param {Mark[]} marks @param {number} time @param {number} near ms */
export function openAt(marks, time, near) {
  const mark = markAt(marks.filter(({ open }) => open), time, near);
  mark?.open?.();
  return mark !== null;
}
