/**
 * What somebody presses is not exchanged under their finger: a list that is read again between the press and the release would take
 * the click with it. What is read waits until the press is over. Pure but for the events it is given.
 */

const LONGEST = 1_000; // ms an answer waits: who holds a button down longer is no reason to show old things
const PRESSED = "a, button, input, label, select, summary";

/** @type {Promise<void>|null} */ let pressed = null;

/** @param {Pick<EventTarget, "addEventListener">} events of the window @param {(f: () => void, ms: number) => any} [later] */
export function wirePresses(events, later = (f, ms) => setTimeout(f, ms)) {
  let over = () => {};
  events.addEventListener("pointerdown", ({ target }) => {
    if (!(/** @type {Element} */ (target)).closest?.(PRESSED)) return;
    over();
    /** @type {Promise<void>} */ const mine = new Promise((done) => {
      over = () => {
        if (pressed === mine) pressed = null;
        done();
      };
    });
    pressed = mine;
    later(over, LONGEST);
  }, { capture: true });
  // Later: the click comes after the release, as part of the same.
  for (const name of ["pointerup", "pointercancel"]) events.addEventListener(name, () => later(over, 0), { capture: true });
}

/** Waits for the end of a press, if there is one. */
export async function pressOver() {
  while (pressed) await pressed;
}
