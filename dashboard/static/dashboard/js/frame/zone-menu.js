/**
 * In which zone times are shown, in the menu of every page, and a sign in the bar where that is not the viewer's own.
 *
 * Applied when this module is evaluated, so that no page writes a time before.
 */

import { applyZone, chooseZone, zoneChoice } from "../time/zone-choice.js";
import { byId, setText } from "../page/element.js";
import { isViewers, zoneName } from "../time/zone.js";
import { serverNow } from "../time/clock.js";

applyZone();

const choices = () => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-zone-choice]"));

function showZone() {
  for (const item of choices()) item.setAttribute("aria-pressed", String(item.dataset.zoneChoice === zoneChoice()));
  byId("zone-told").hidden = isViewers(serverNow());
  setText(byId("zone-told"), zoneName());
}

export function wireZone() {
  for (const item of choices()) {
    item.addEventListener("click", () => {
      chooseZone(item.dataset.zoneChoice ?? "");
      location.reload(); // every time on the page is another
    });
  }
  byId("zone-told").addEventListener("click", (/** @type {Event} */ event) => {
    event.stopPropagation(); // a click outside of a menu closes it
    byId("appearance").open = true;
  });
  document.addEventListener("appearance", showZone);
  setTimeout(showZone); // by then the page's own module has said which its site is
}
