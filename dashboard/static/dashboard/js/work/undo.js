/** Deleting devices and having them back: the server keeps them, so it can be undone from anywhere, later too. */

import { askAgain, stopAsking } from "../page/gone.js";
import { byId, el, toast } from "../page/element.js";
import { t, tn } from "../page/language.js";
import { number } from "../page/format.js";
import { send } from "../page/rest.js";

const OFFERED = 20_000; // ms the way back stays in sight; the list of deleted devices has it for days

/** @param {string[]} uids @param {string} [name] of a single one @returns {Promise<void>} rejects when they are not deleted */
export async function removeDevices(uids, name) {
  for (const uid of uids) stopAsking("device", uid);
  const { uids: removed } = await send("POST", "/api/v1/removed-devices/", { uids }).catch((error) => {
    for (const uid of uids) askAgain("device", uid);
    throw error;
  });
  if (!removed.length) {
    toast(t("They are deleted already."));
    return;
  }
  const text = removed.length === 1 ? t("{name} is deleted.", { name: name ?? removed[0] }) : tn("{n} device is deleted.", "{n} devices are deleted.", removed.length, { n: number(removed.length, 0) });
  const note = el("div", { class: "toast work-undo" }, el("span", { text }),
    el("button", { class: "button", text: t("Undo"), on: { click: () => { note.remove(); restoreDevices(removed); } } }));
  byId("toasts").append(note);
  setTimeout(() => note.remove(), OFFERED);
}

/** Says how it went; it can be tried again at any time. @param {string[]} uids @returns {Promise<boolean>} whether all are back */
export async function restoreDevices(uids) {
  try {
    const { total, missing } = await send("POST", "/api/v1/restored-devices/", { uids });
    for (const uid of uids) if (!missing.includes(uid)) askAgain("device", uid);
    toast(missing.length ? t("Deleted for good by now: {names}.", { names: missing.join(", ") }) : tn("{n} device is back.", "{n} devices are back.", total, { n: number(total, 0) }));
    return missing.length === 0;
  } catch (error) {
    const note = el("div", { class: "toast work-undo" }, el("span", { text: t("Not restored. {why}", { why: /** @type {Error} */ (error).message }) }),
      el("button", { class: "button", text: t("Try again"), on: { click: () => { note.remove(); restoreDevices(uids); } } }));
    byId("toasts").append(note);
    return false;
  }
}
