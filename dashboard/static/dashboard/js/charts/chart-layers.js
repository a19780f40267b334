/** The layers of a live chart, drawn by hand: below, what happened and the lines; above, words, limits, what is not known and the cursor. */

import { drawAlerts } from "./alert-spans.js";
import { drawBand, drawBeyond, drawCursor, drawLine, drawLoners, drawTexts, drawThresholds, drawUnknown } from "./chart-drawing.js";
import { drawMarks, marksOn } from "./drawn-marks.js";
import { number } from "../page/format.js";

const NOTE_LEFT = 12; // px

/** @typedef {import("./live-chart.js").LiveChart} LiveChart */

/** Where a time lies, px from the canvas's left. @param {LiveChart} live */
const across = (live) => (/** @type {number} */ at) => live.chart.scales.x.getPixelForValue(at);

/** What happened, and the lines, inside the plot. @param {LiveChart} live */
export function drawUnder(live) {
  const { area, axes, lines, paint } = live;
  const { ctx } = live.chart;
  const x = across(live);
  const now = live.timeLine.knownUntil();
  ctx.save();
  ctx.beginPath();
  ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  ctx.clip();
  for (const { source } of lines) drawAlerts(ctx, area, source.alerts.of(source.series.metric), x, { colours: paint.severities, now });
  const marks = marksOn(lines[0].source.marks, lines.map(({ source }) => source.series.id), live.timeLine.bounds());
  drawMarks(ctx, area, marks, x, { now, colours: paint.tones });
  for (const line of lines) {
    const { shifted } = line.source.series;
    // Of another time: the line alone, or its band would hide the present one's.
    if (!shifted) drawBand(ctx, live.scalesOf(line), line.stretches, line.stroke);
    drawLine(ctx, live.scalesOf(line), line.stretches, { stroke: line.stroke, isThin: Boolean(shifted), holds: (value) => axes[line.side].holds(value) });
    drawLoners(ctx, live.scalesOf(line), line.stretches, line.stroke);
  }
  ctx.restore();
}

/** Words, limits, what is not known, and the cursor. @param {LiveChart} live */
export function drawOver(live) {
  const { area, axes, chart, lines, paint, timeLine } = live;
  lines.filter(({ points }) => points.texts.length).forEach((line, i) => drawTexts(chart, line.points.texts, { text: paint.text, fill: paint.unknown, font: paint.font, row: i }));
  for (const side of /** @type {const} */ (["left", "right"])) if (!axes[side].blank) drawAxis(live, side);
  for (const line of lines) if (axes[line.side].isLimited) drawBeyond(chart.ctx, area, live.scalesOf(line), line.shown(), line.stroke);
  drawUnknown(chart.ctx, area, lines.length === 1 ? timeLine.unknown(lines[0].source.series.id) : unknownToAny(live), across(live), paint.unknown);
  // Beside others one crosshair stands over all of them (crosshair.js).
  if (!live.hasTimes) return;
  const { cursor: time, drag, selection = null } = timeLine;
  const dots = time === null ? [] : lines.map((line) => ({ row: line.rowAt(time), y: live.scalesOf(line).y, mark: line.stroke }));
  drawCursor(chart, { time, part: drag ?? selection, dots, line: paint.line, surface: paint.surface, selection: paint.accent });
}

/** The parts in which readings of any line may be missing. @param {LiveChart} live @returns {[number, number][]} */
function unknownToAny({ lines, timeLine }) {
  return lines.flatMap(({ source }) => timeLine.unknown(source.series.id)).sort((a, b) => a[0] - b[0])
    .reduce((/** @type {[number, number][]} */ apart, [from, to]) => {
      const last = apart[apart.length - 1];
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else apart.push([from, to]);
      return apart;
    }, []);
}

/** The limits of an axis and the note above it. @param {LiveChart} live @param {"left"|"right"} side */
function drawAxis(live, side) {
  const { chart, paint } = live;
  for (const line of live.lines) {
    const { unit } = line.source.series;
    if (line.side === side) drawThresholds(chart, line.source.thresholds, { ...paint, side, y: live.scalesOf(line).y, write: (value) => `${number(value)}${unit && `\u2009${unit}`}` });
  }
  chart.ctx.font = paint.font;
  chart.ctx.textBaseline = "top";
  chart.ctx.textAlign = side;
  chart.ctx.fillStyle = paint.line;
  chart.ctx.fillText(live.noteOf(side), side === "left" ? NOTE_LEFT : chart.width - NOTE_LEFT, 2);
}
