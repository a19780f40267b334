/** Pointer and wheel events of a chart's area, as its gestures; Ctrl and wheel zoom, a double-click is back to live. */

import { Gesture } from "./gesture.js";

const WHEEL = 0.0016; // zoom per px of wheel

/**
 * @param {HTMLElement} area @param {number} series id
 * @param {{timeAt: (pixel: number) => number}} chart @param {import("../time/time-line.js").TimeLine} timeLine
 */
export function wireGestures(area, series, chart, timeLine) {
  const px = (/** @type {PointerEvent|WheelEvent} */ event) => event.clientX - area.getBoundingClientRect().left;
  const gesture = new Gesture({ series, timeAt: (x) => chart.timeAt(x) }, timeLine, { later: setTimeout.bind(globalThis), cancel: clearTimeout.bind(globalThis) });
  const pointer = (/** @type {PointerEvent} */ event) => ({ id: event.pointerId, x: px(event), touch: event.pointerType === "touch", keeps: event.shiftKey });

  area.addEventListener("pointerdown", (event) => {
    // Capturing the pointer would take the click from the buttons of an empty chart.
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button, .handle")) return;
    gesture.pressed(pointer(event));
    if (event.pointerType === "mouse") area.setPointerCapture(event.pointerId);
  });
  area.addEventListener("pointermove", (event) => gesture.movedTo(pointer(event)));
  area.addEventListener("pointerup", (event) => gesture.released(pointer(event)));
  area.addEventListener("pointercancel", (event) => gesture.lost(pointer(event)));
  area.addEventListener("pointerleave", (event) => gesture.left(pointer(event)));
  // A finger that scrubs would scroll the page with its next vertical move.
  area.addEventListener("touchmove", (event) => (gesture.scrubbing || gesture.down.size === 2) && event.cancelable && event.preventDefault(), { passive: false });
  area.addEventListener("contextmenu", (event) => gesture.down.size && event.preventDefault());
  area.addEventListener("dblclick", () => timeLine.backToLive());
  area.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    timeLine.zoom(Math.exp(event.deltaY * WHEEL), chart.timeAt(px(event)));
  }, { passive: false });
}
