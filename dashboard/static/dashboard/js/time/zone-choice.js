/** Which zone times are shown in: the viewer's own, the site's, or UTC. Remembered in the browser. */

import { el } from "../page/element.js";
import { t } from "../page/language.js";
import { useZone } from "./zone.js";

const KEY = "pulseboard.zone";

/** @returns {string} "viewer", "site" or "UTC" */
function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "viewer";
  } catch {
    return "viewer";
  }
}

/** Show the times of this page as chosen. @param {string} [site] the zone of its site, empty: it has none; `site` is the viewer's own then */
export function applyZone(site = "") {
  const choice = remembered();
  useZone(choice === "UTC" ? "UTC" : choice === "site" && site ? site : null);
}

/** @param {string} site its zone, empty: it has none @param {() => void} changed */
export function zoneField(site, changed) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  const choices = [["viewer", own ? t("Your time ({zone})", { zone: own }) : t("Your time")], ...(site ? [["site", t("Site's time ({zone})", { zone: site })]] : []), ["UTC", "UTC"]];
  const field = /** @type {HTMLSelectElement} */ (el("select", { class: "field zone-field", attrs: { "aria-label": t("Time zone") } },
    ...choices.map(([value, text]) => el("option", { text, attrs: { value } }))));
  field.value = choices.some(([value]) => value === remembered()) ? remembered() : "viewer";
  field.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, field.value);
    } catch {
      // it holds as long as the page
    }
    useZone(field.value === "UTC" ? "UTC" : field.value === "site" ? site : null);
    changed();
  });
  return field;
}
