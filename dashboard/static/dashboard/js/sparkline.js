/** A line without axes on a small canvas. Hundreds stand on one page, so no chart library. */

/** Asking an element for its size after a change of text makes the browser lay the page out; this does not. */
const sizes = /** @type {WeakMap<Element, {width: number, height: number}>} */ (new WeakMap());
const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect: { width, height } } of entries) sizes.set(target, { width, height });
});

/** @param {HTMLCanvasElement} canvas */
function sizeOf(canvas) {
  let size = sizes.get(canvas);
  if (!size) {
    sizes.set(canvas, (size = { width: canvas.clientWidth, height: canvas.clientHeight }));
    resized.observe(canvas);
  }
  return size;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{rows: import("./points.js").Row[], from: number, to: number, gapAfter: number, stroke: string}} picture
 */
export function drawSparkline(canvas, { rows, from, to, gapAfter, stroke }) {
  const ratio = devicePixelRatio || 1;
  const { width, height } = sizeOf(canvas);
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const seen = rows.filter((row) => row[0] >= from && typeof row[1] === "number");
  if (!seen.length) return;
  let low = Infinity;
  let high = -Infinity;
  for (const row of seen) {
    low = Math.min(low, Number(row[1]));
    high = Math.max(high, Number(row[1]));
  }
  // A steady value is a level line in the middle, not noise blown up to full height.
  const floor = Math.max(Math.abs(high) * 0.004, 1e-9);
  const spread = Math.max(high - low, floor);
  const middle = (high + low) / 2;
  const x = (/** @type {number} */ time) => ((time - from) / (to - from)) * (width - 4) + 1;
  const y = (/** @type {number} */ value) => height / 2 - ((value - middle) / spread) * (height - 6);
  context.strokeStyle = stroke;
  context.fillStyle = stroke;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.beginPath();
  let previous = -Infinity;
  for (const row of seen) {
    if (row[0] - previous > gapAfter) context.moveTo(x(row[0]), y(Number(row[1])));
    else context.lineTo(x(row[0]), y(Number(row[1])));
    previous = row[0];
  }
  context.stroke();
  const last = seen[seen.length - 1];
  context.beginPath();
  context.arc(x(last[0]), y(Number(last[1])), 2, 0, 7);
  context.fill();
}
