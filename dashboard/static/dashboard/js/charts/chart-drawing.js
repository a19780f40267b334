/** What a live chart draws besides its line: the band of minimum and maximum, the unknown edge, the shared cursor. */

/** @typedef {import("./points.js").Row} Row */

/** The min/max band, broken where the line breaks.
 * @param {CanvasRenderingContext2D} context @param {{x: any, y: any}} scales
 * @param {Row[]} rows @param {number} gapAfter @param {string} fill */
export function drawBand(context, scales, rows, gapAfter, fill) {
  /** @type {Row[]} */ let run = [];
  const flush = () => {
    if (run.length > 1) {
      context.beginPath();
      run.forEach((row, i) => context[i ? "lineTo" : "moveTo"](scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(row[3] ?? row[1])));
      for (const row of [...run].reverse()) context.lineTo(scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(row[2] ?? row[1]));
      context.fill();
    }
    run = [];
  };
  context.save();
  context.globalAlpha = 0.2;
  context.fillStyle = fill;
  for (const row of rows) {
    const last = run[run.length - 1];
    if (row[2] === null || (last && row[0] - last[0] > gapAfter)) flush();
    if (row[2] !== null) run.push(row);
  }
  flush();
  context.restore();
}

/** Readings with a gap on both sides have no line; they are dots. */
export function drawLoners(/** @type {CanvasRenderingContext2D} */ context, /** @type {{x: any, y: any}} */ scales, /** @type {Row[]} */ rows, /** @type {number} */ gapAfter, /** @type {string} */ fill) {
  context.save();
  context.fillStyle = fill;
  rows.forEach((row, i) => {
    const apart = (i === 0 || row[0] - rows[i - 1][0] > gapAfter) && (i === rows.length - 1 || rows[i + 1][0] - row[0] > gapAfter);
    if (apart) dot(context, scales.x.getPixelForValue(row[0]), scales.y.getPixelForValue(Number(row[1])), 2);
  });
  context.restore();
}

const LABEL_GAP = 4; // px between a threshold's line and its label
const LABEL_ROOM = 18; // px under the top edge in which a label hangs below its line

/** Thin labelled lines; one beyond the axis is named at the edge it lies behind.
 * @param {any} chart @param {{value: number, label: string}[]} thresholds
 * @param {{line: string, text: string, surface: string, font: string, write: (value: number) => string}} o */
export function drawThresholds(chart, thresholds, o) {
  const { left, right, top, bottom } = chart.chartArea;
  const context = chart.ctx;
  const placed = [...thresholds].sort((a, b) => a.value - b.value)
    .map((one) => ({ ...one, y: Math.round(chart.scales.y.getPixelForValue(one.value)) + 0.5 }));
  const above = placed.find(({ y }) => y < top);
  const below = placed.findLast(({ y }) => y > bottom);
  context.save();
  context.font = o.font;
  context.textAlign = "left"; // on the right it would hide the newest
  for (const one of placed) {
    const inside = one.y >= top && one.y <= bottom;
    if (inside) dashed(context, left, right, one.y, o.line);
    else if (one !== above && one !== below) continue; // the nearest one behind an edge stands for the rest
    const hanging = one.y < top + LABEL_ROOM;
    const at = hanging ? Math.max(top, one.y) + LABEL_GAP : Math.min(bottom, one.y) - LABEL_GAP;
    context.textBaseline = hanging ? "top" : "bottom";
    const text = [one === above ? "↑" : one === below ? "↓" : "", one.label, o.write(one.value)].filter(Boolean).join(" ");
    context.lineWidth = 3; // a halo, legible on a line
    context.strokeStyle = o.surface;
    context.strokeText(text, left + LABEL_GAP, at);
    context.fillStyle = o.text;
    context.fillText(text, left + LABEL_GAP, at);
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

/** Past what is known, the chart is grey: no claim is made there. */
export function drawUnknown(/** @type {any} */ chart, /** @type {number} */ knownUntil, /** @type {string} */ fill) {
  const { left, right, top, bottom } = chart.chartArea;
  const x = Math.max(left, chart.scales.x.getPixelForValue(knownUntil));
  if (x >= right - 1) return;
  chart.ctx.save();
  chart.ctx.fillStyle = fill;
  chart.ctx.globalAlpha = 0.75;
  chart.ctx.fillRect(x, top, right - x, bottom - top);
  chart.ctx.restore();
}

/** The cursor shared by all charts of a page, and the range being dragged. */
export function drawCursor(/** @type {any} */ chart, /** @type {{time: number|null, drag: {from: number, to: number}|null, row: Row|null, line: string, mark: string, surface: string, selection: string}} */ o) {
  const { left, right, top, bottom } = chart.chartArea;
  const { x, y } = chart.scales;
  const context = chart.ctx;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  if (o.drag) {
    const a = x.getPixelForValue(o.drag.from);
    const b = x.getPixelForValue(o.drag.to);
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
    if (o.row) {
      context.fillStyle = o.surface;
      dot(context, x.getPixelForValue(o.row[0]), y.getPixelForValue(Number(o.row[1])), 5);
      context.fillStyle = o.mark;
      dot(context, x.getPixelForValue(o.row[0]), y.getPixelForValue(Number(o.row[1])), 3.5);
    }
  }
  context.restore();
}

function dot(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}
