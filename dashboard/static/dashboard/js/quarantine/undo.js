/** Discarding that can be undone for a while. Leaving the page carries it out. */

import { t } from "../page/language.js";

const UNDO = 6_000; // ms

/** What waits. @type {Map<HTMLElement, () => void>} */
const waiting = new Map();
globalThis.addEventListener?.("pagehide", () => waiting.forEach((act) => act()));

/**
 * @param {HTMLElement} button says Discard, or Undo while it waits
 * @param {{row: Element, said: Element, what: () => string, discard: () => Promise<void>}} of `what` begins the sentence that tells of it;
 *   `discard` rejects with an error that says why not
 */
export function wireDiscard(button, { row, said, what, discard }) {
  const word = button.textContent ?? "";
  let timer = 0;
  const carryOut = async () => {
    clearTimeout(timer);
    waiting.delete(button);
    try {
      await discard();
    } catch (error) {
      row.classList.remove("is-gone");
      said.textContent = t("Not discarded. {message}", { message: /** @type {Error} */ (error).message });
    }
    button.textContent = word;
  };
  button.addEventListener("click", () => {
    const undone = waiting.delete(button);
    clearTimeout(timer);
    if (!undone) {
      waiting.set(button, carryOut);
      timer = setTimeout(carryOut, UNDO);
    }
    row.classList.toggle("is-gone", !undone);
    button.textContent = undone ? word : t("Undo");
    said.textContent = undone ? "" : t("{what} discarded in {seconds} s.", { what: what(), seconds: UNDO / 1000 });
  });
}
