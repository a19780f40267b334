/** What a live chart draws besides its line: the band of minimum and maximum, texts, thresholds, what is not known, the shared cursor. */

import { t } from "../page/language.js";
import { spread } from "./labels.js";

/** @typedef {import("./points.js").Row} Row */

/** The min/max band of each stretch.
 * @param {CanvasRenderingContext2D} context @param {{x: any, y: any}} scales @param {Row[][]} stretches @param {string} fill */
export function drawBand(context, scales, stretches, fill) {
  context.save();
  context.globalAlpha = 0.2;
  context.fillStyle = fill;
  for (const stretch of stretches) {
    const run = stretch.filter((row) => row[2] !== null);
    if (run.length < 2) continue;
    context.beginPath();
    run.forEach((row, i) => context[i ? "lineTo" : "moveTo"](scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(row[3] ?? row[1])));
    for (const row of run.reverse()) context.lineTo(scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(row[2] ?? row[1]));
    context.fill();
  }
  context.restore();
}

const WIDTH = 1.75; // px of a line
const THIN = { width: 1, dashes: [5, 3] }; // px of one from another time

/** The line of each stretch; it breaks where a value has no place on the axis.
 * @param {CanvasRenderingContext2D} context @param {{x: any, y: any}} scales @param {Row[][]} stretches @param {{stroke: string, holds: (value: number) => boolean, isThin?: boolean}} o */
export function drawLine(context, scales, stretches, { stroke, holds, isThin = false }) {
  context.save();
  context.strokeStyle = stroke;
  context.lineWidth = isThin ? THIN.width : WIDTH;
  context.setLineDash(isThin ? THIN.dashes : []);
  context.lineJoin = "round";
  context.beginPath();
  for (const stretch of stretches) {
    let isOn = false;
    for (const row of stretch) {
      const isHeld = holds(row[1]);
      if (isHeld) context[isOn ? "lineTo" : "moveTo"](scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(row[1]));
      isOn = isHeld;
    }
  }
  context.stroke();
  context.restore();
}

/** A reading with a gap on both sides has no line; it is a dot, and a bucket its span as well.
 * @param {CanvasRenderingContext2D} context @param {{x: any, y: any}} scales @param {Row[][]} stretches @param {string} fill */
export function drawLoners(context, scales, stretches, fill) {
  context.save();
  context.fillStyle = fill;
  for (const [row, ...more] of stretches) {
    if (more.length) continue;
    const x = scales.x.getPixelForValue(row[0]);
    dot(context, x, scales.y.getPixelForValue(row[1]), 2);
    if (row[2] === null) continue;
    const high = scales.y.getPixelForValue(row[3] ?? row[1]);
    context.fillRect(x - 0.5, high, 1, scales.y.getPixelForValue(row[2]) - high);
  }
  context.restore();
}

const TEXT_HEIGHT = 14; // px of a text said among numbers
const LETTER = 7; // px, about

/** What was said instead of a number, where it was said: "ERR" has no place on the value axis.
 * @param {any} chart @param {import("./points.js").Said[]} texts @param {{text: string, fill: string, font: string, row: number}} o
 * `row`: from the foot, of lines that all have some */
export function drawTexts(chart, texts, o) {
  const { left, right } = chart.chartArea;
  const bottom = chart.chartArea.bottom - o.row * TEXT_HEIGHT;
  const context = chart.ctx;
  context.save();
  context.font = o.font;
  context.textBaseline = "middle";
  texts.forEach(([first, last, text], i) => {
    const a = Math.max(left, chart.scales.x.getPixelForValue(first));
    const b = Math.min(right, Math.max(a + 2, chart.scales.x.getPixelForValue(last)));
    if (b < left || a > right) return;
    context.fillStyle = o.fill;
    context.fillRect(a, bottom - TEXT_HEIGHT, b - a, TEXT_HEIGHT);
    const next = texts[i + 1] ? chart.scales.x.getPixelForValue(texts[i + 1][0]) : right;
    const fits = Math.floor((next - a - 8) / LETTER);
    if (fits < 2) return;
    context.fillStyle = o.text;
    context.fillText(text.length > fits ? `${text.slice(0, fits - 1)}…` : text || t("(empty)"), a + 4, bottom - TEXT_HEIGHT / 2);
  });
  context.restore();
}

const BEYOND = 3; // px
const LABEL_HEIGHT = 15; // px
const LABEL_BESIDE = 4; // px from the axis; of the left one on the left, for on the right it would hide the newest

/** Thin labelled lines; one beyond the axis is named at the edge it lies behind.
 * @param {any} chart @param {{value: number, label: string}[]} thresholds
 * @param {{line: string, text: string, surface: string, font: string, y: {getPixelForValue: (value: number) => number}, side: "left"|"right", write: (value: number) => string}} o */
export function drawThresholds(chart, thresholds, o) {
  const { left, right, top, bottom } = chart.chartArea;
  const context = chart.ctx;
  const placed = [...thresholds].sort((a, b) => b.value - a.value)
    .map((one) => ({ ...one, y: Math.round(o.y.getPixelForValue(one.value)) + 0.5 }));
  const above = placed.filter(({ y }) => y < top);
  const below = placed.filter(({ y }) => y > bottom);
  const inside = placed.filter(({ y }) => y >= top && y <= bottom);
  for (const { y } of inside) dashed(context, left, right, y, o.line);
  const name = (/** @type {{label: string, value: number}} */ one, /** @type {string} */ arrow) => [arrow, one.label, o.write(one.value)].filter(Boolean).join(" ");
  const more = (/** @type {unknown[]} */ all) => (all.length > 1 ? ` +${all.length - 1}` : "");
  // The nearest one behind an edge stands for the rest.
  const labels = inside.map((one) => ({ y: one.y - LABEL_HEIGHT / 2, text: name(one, "") }));
  if (above.length) labels.unshift({ y: top, text: name(above[above.length - 1], "↑") + more(above) });
  if (below.length) labels.push({ y: bottom, text: name(below[0], "↓") + more(below) });
  context.save();
  context.font = o.font;
  context.textAlign = o.side;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  // Beside the axis they belong to.
  const edge = o.side === "left" ? left + LABEL_BESIDE : right - LABEL_BESIDE;
  context.lineWidth = 4; // a halo, legible on a line
  for (const { y, text } of spread(labels, { top, bottom, height: LABEL_HEIGHT })) {
    context.strokeStyle = o.surface;
    context.strokeText(text, edge, y);
    context.fillStyle = o.text;
    context.fillText(text, edge, y);
  }
  context.restore();
}

function dashed(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ left, /** @type {number} */ right, /** @type {number} */ y, /** @type {string} */ stroke) {
  context.save();
  context.strokeStyle = stroke;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(right, y);
  context.stroke();
  context.restore();
}

/** Where it is not known what happened, the chart is grey: no claim is made there.
 * @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number, bottom: number}} area
 * @param {[number, number][]} parts ms @param {(at: number) => number} x @param {string} fill */
export function drawUnknown(context, { left, right, top, bottom }, parts, x, fill) {
  context.save();
  context.fillStyle = fill;
  context.globalAlpha = 0.75;
  for (const [from, to] of parts) {
    const a = Math.max(left, x(from));
    const b = Math.min(right, x(to));
    if (b - a >= 1) context.fillRect(a, top, b - a, bottom - top);
  }
  context.restore();
}

/** Where values lie beyond an axis that the viewer set, its edge says so.
 * @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number, bottom: number}} area @param {{x: any, y: any}} scales
 * @param {Row[]} rows @param {string} fill */
export function drawBeyond(context, { left, right, top, bottom }, scales, rows, fill) {
  context.save();
  context.fillStyle = fill;
  for (const row of rows) {
    const above = scales.y.getPixelForValue(row[3] ?? row[1]) < top - 1;
    const below = scales.y.getPixelForValue(row[2] ?? row[1]) > bottom + 0.5;
    if (!above && !below) continue;
    const x = Math.min(right - 1, Math.max(left, scales.x.getPixelForValue(row[0])));
    if (above) context.fillRect(x - 1, top - BEYOND, 2, BEYOND);
    if (below) context.fillRect(x - 1, bottom, 2, BEYOND);
  }
  context.restore();
}

/** The cursor shared by all charts of a page, and the part of time being selected or kept. */
export function drawCursor(/** @type {any} */ chart, /** @type {{time: number|null, part: {from: number, to: number}|null, dots: {row: Row|null, y: any, mark: string}[], line: string, surface: string, selection: string}} */ o) {
  const { left, right, top, bottom } = chart.chartArea;
  const { x } = chart.scales;
  const context = chart.ctx;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  if (o.part) {
    const a = x.getPixelForValue(o.part.from);
    const b = x.getPixelForValue(o.part.to);
    context.fillStyle = o.selection;
    context.globalAlpha = 0.16;
    context.fillRect(Math.min(a, b), top, Math.abs(b - a), bottom - top);
    context.globalAlpha = 1;
  }
  if (o.time !== null) {
    const at = Math.round(x.getPixelForValue(o.time)) + 0.5;
    context.strokeStyle = o.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, bottom);
    context.stroke();
    for (const { row, y, mark } of o.dots) {
      if (!row) continue;
      context.fillStyle = o.surface;
      dot(context, x.getPixelForValue(row[0]), y.getPixelForValue(row[1]), 5);
      context.fillStyle = mark;
      dot(context, x.getPixelForValue(row[0]), y.getPixelForValue(row[1]), 3.5);
    }
  }
  context.restore();
}

function dot(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}
