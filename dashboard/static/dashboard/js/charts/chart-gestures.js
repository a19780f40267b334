/** Pointer and wheel on a chart: cursor, drag to select, pinch and Ctrl+wheel to zoom, double-click for live. */

const MIN_DRAG = 6; // px; less is a click
const WHEEL = 0.0016; // zoom per px of wheel

/**
 * @param {HTMLElement} area @param {import("./live-chart.js").LiveChart} chart
 * @param {import("../time/time-line.js").TimeLine} timeLine
 */
export function wireGestures(area, chart, timeLine) {
  /** @type {Map<number, number>} pointer id to px */
  const down = new Map();
  let start = 0;
  let pinch = 0;
  const px = (/** @type {PointerEvent|WheelEvent} */ event) => event.clientX - area.getBoundingClientRect().left;
  const spread = () => Math.abs([...down.values()][0] - [...down.values()][1]);

  area.addEventListener("pointermove", (event) => {
    if (down.has(event.pointerId)) down.set(event.pointerId, px(event));
    if (down.size === 2) {
      if (pinch && Math.abs(spread() - pinch) > MIN_DRAG) {
        timeLine.zoom(pinch / Math.max(spread(), 1));
        pinch = spread();
      }
      return;
    }
    timeLine.cursor = chart.timeAt(px(event));
    if (down.size === 1 && Math.abs(px(event) - start) > MIN_DRAG) {
      timeLine.drag = { from: chart.timeAt(start), to: timeLine.cursor };
    }
  });
  area.addEventListener("pointerdown", (event) => {
    // Capturing the pointer would take the click from the buttons of an empty chart.
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button")) return;
    down.set(event.pointerId, px(event));
    start = px(event);
    timeLine.drag = null;
    pinch = down.size === 2 ? spread() : 0;
    if (event.pointerType === "mouse") area.setPointerCapture(event.pointerId);
  });
  const up = (/** @type {PointerEvent} */ event) => {
    const drag = down.size === 1 && event.type === "pointerup" ? timeLine.drag : null;
    down.delete(event.pointerId);
    timeLine.drag = null;
    if (drag) timeLine.select(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to));
  };
  area.addEventListener("pointerup", up);
  area.addEventListener("pointercancel", up);
  area.addEventListener("pointerleave", () => {
    if (!down.size) timeLine.cursor = null;
  });
  area.addEventListener("dblclick", () => timeLine.backToLive());
  area.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    timeLine.zoom(Math.exp(event.deltaY * WHEEL), chart.timeAt(px(event)));
  }, { passive: false });
}
