/** Editing from a device's page. */

import { el, icon } from "../page/element.js";
import { t } from "../page/language.js";

/** @param {any} device the page's facts @param {any} charts the page's charts */
export function wireEditing(device, charts) {
  document.addEventListener("click", async (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-edit]")) return;
    const { openDevice } = await import("./device-drawer.js");
    openDevice(device.uid, "edit" in charts ? { drag: (metric) => dragLimits(device, charts, metric) } : {});
  });
}

async function dragLimits(/** @type {any} */ device, /** @type {any} */ charts, /** @type {string} */ metric) {
  (await import("./limit-drag.js")).dragLimits(device, charts, metric);
}

/** This device is no more; whoever looks at it may have it back while it is kept. @param {HTMLElement} area @param {string} uid @param {boolean} kept */
export function tellGone(area, uid, kept) {
  const said = kept ? t("This device was deleted. It can be had back for 7 days, as it was.") : t("This device was deleted for good, or stands now where you may not look.");
  area.replaceChildren(icon("i-warn"), el("span", { text: said }),
    ...(kept ? [el("button", { class: "button tiny", text: t("Restore it"), data: { needs: "administrator" }, on: { click: async () => (await import("./undo.js")).restoreDevices([uid]) } })] : []),
    el("a", { class: "button tiny", text: t("Back to the fleet"), attrs: { href: "/" } }));
  area.hidden = false;
}
