/** What somebody else did to what is open here. */

import { el, setText } from "./element.js";
import { t } from "./language.js";

/**
 * The list was read anew: what is open is shown as it is now, unless somebody writes in it here. They are told then, and look at it or keep theirs.
 * @template {{id: number}} R
 * @param {import("./open-record.js").OpenRecord<R>} opened @param {R[]} all as it was read @param {HTMLElement} place for the words
 * @param {{isSame: (now: R, open: R) => boolean, show: (now: R) => void, hide: () => void}} page
 */
export function followOthers(opened, all, place, { isSame, show, hide }) {
  const open = opened.record;
  if (open === null) return;
  const now = all.find(({ id }) => id === open.id);
  if (now && isSame(now, open)) return;
  if (!opened.isWritten) {
    if (now) show(now);
    else hide();
    return;
  }
  if (!now) {
    setText(place, t("Somebody has deleted it meanwhile."));
    return;
  }
  const press = (/** @type {string} */ text, /** @type {() => void} */ click) => el("button", { class: "button tiny", text, attrs: { type: "button" }, on: { click } });
  place.replaceChildren(t("Somebody has changed it meanwhile."), " ", press(t("Show theirs"), () => opened.leave() && show(now)), " ", press(t("Keep mine"), () => {
    opened.record = now; // what is saved next is a change of that
    setText(place, t("Yours takes its place when you save it."));
  }));
}

/** The same value, whatever the order of its names. @param {any} value @returns {string} */
export function canonical(value) {
  return JSON.stringify(value, (_, part) => (part && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));
}
