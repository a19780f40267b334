/** The times of a window, written beside each other. */

import { tickLabel, timeTicks } from "../time/time-ticks.js";

const TICK_ROOM = 96; // px of one label

/**
 * @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number}} area of the labels @param {{from: number, to: number}} window
 * @param {{fill: string, font: string, beyond?: number}} o `beyond`: px right of the area that a label may take
 */
export function drawTimes(context, { left, right, top }, { from, to }, { fill, font, beyond = 0 }) {
  context.save();
  context.font = font;
  context.fillStyle = fill;
  context.textBaseline = "top";
  context.textAlign = "center";
  const { step, values } = timeTicks(from, to, Math.max(2, (right - left) / TICK_ROOM));
  for (const at of values) {
    const label = tickLabel(at, step);
    const half = context.measureText(label).width / 2;
    const x = left + ((at - from) / (to - from)) * (right - left);
    context.fillText(label, Math.max(half, Math.min(x, right + beyond - half)), top);
  }
  context.restore();
}
