/** A finger held on something: what a right click is to a mouse. */

const HOLD = 500; // ms, as the system's own
const SLOP = 10; // px a resting finger moves

/** @param {HTMLElement} area @param {(target: Element) => boolean} pressed says whether it meant something */
export function wireLongPress(area, pressed) {
  /** @type {{timer: any, x: number, y: number, done: boolean}|null} */ let hold = null;
  const release = () => clearTimeout(hold?.timer);
  area.addEventListener("pointerdown", (event) => {
    release();
    hold = null;
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    const target = /** @type {Element} */ (event.target);
    const held = { x: event.clientX, y: event.clientY, done: false, timer: setTimeout(() => (held.done = pressed(target)), HOLD) };
    hold = held;
  });
  area.addEventListener("pointermove", (event) => {
    if (hold && Math.hypot(event.clientX - hold.x, event.clientY - hold.y) > SLOP) release();
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) area.addEventListener(end, release);
  // The finger that leaves would click, and the system would offer what it does with a link.
  for (const after of ["click", "contextmenu"]) {
    area.addEventListener(after, (event) => {
      if (!hold?.done) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, { capture: true });
  }
}
