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
