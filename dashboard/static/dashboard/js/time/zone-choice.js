/** Which zone times are shown in on every page: the viewer's own, the site's where a page has one, or UTC. Remembered in the browser. */

import { el } from "../page/element.js";
import { t } from "../page/language.js";
import { useZone } from "./zone.js";

const KEY = "pulseboard.zone";

/** @returns {string} "viewer", "site" or "UTC" */
export function zoneChoice() {
  try {
    return localStorage.getItem(KEY) ?? "viewer";
  } catch {
    return "viewer";
  }
}

/** @param {string} choice */
export function chooseZone(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // it holds as long as the page
  }
}

const use = (/** @type {string} */ choice, /** @type {string} */ site) => useZone(choice === "UTC" ? "UTC" : choice === "site" && site ? site : null);

/** Show the times of this page as chosen. @param {string} [site] the zone of its site, empty: it has none; `site` is the viewer's own then */
export function applyZone(site = "") {
  use(zoneChoice(), site);
}

/** @param {string} site its zone, empty: it has none @param {() => void} changed */
export function zoneField(site, changed) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  const choices = [["viewer", own ? t("Your time ({zone})", { zone: own }) : t("Your time")], ...(site ? [["site", t("Site's time ({zone})", { zone: site })]] : []), ["UTC", "UTC"]];
  const field = /** @type {HTMLSelectElement} */ (el("select", { class: "field zone-field", attrs: { "aria-label": t("Time zone") } },
    ...choices.map(([value, text]) => el("option", { text, attrs: { value } }))));
  field.value = choices.some(([value]) => value === zoneChoice()) ? zoneChoice() : "viewer";
  field.addEventListener("change", () => {
    chooseZone(field.value);
    use(field.value, site);
    changed();
  });
  return field;
}
