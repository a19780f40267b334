/** What every page has: appearance, help, menus, copy buttons, the connection's state, global keys. */

import { nextDensity, nextTheme, wireAppearance } from "./appearance.js";
import { byId, copies, setText } from "../page/element.js";
import { connection, judgedAt } from "../live/live.js";
import { showControl, wireControl } from "./connection-control.js";
import { unknown } from "./connection-words.js";
import { showAlerts } from "./alerts.js";
import { showUnread } from "./unread.js";
import { showWaiting } from "./waiting.js";
import { wirePresses } from "../page/press.js";
import { wireZone } from "./zone-menu.js";
import { offer } from "../palette/offers.js";
import { t } from "../page/language.js";
import { views, wireViews } from "../views/views.js";
import { wirePalette } from "../palette/palette.js";

const SEQUENCE = 1_000; // ms between the two keys of "g f"

function showConnection() {
  const trouble = connection.trouble();
  showControl();
  const told = unknown(trouble, judgedAt());
  setText(byId("unknown").lastElementChild, told);
  byId("unknown").hidden = !told;
}

/** Whether a key belongs to what the viewer is typing in. @param {KeyboardEvent} event */
export function typing(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable
    || target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]") !== null;
}

function wireKeys() {
  let g = -Infinity; // not 0: in the first second of a page any key would seem to follow a g
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    const pages = /** @type {Record<string, string>} */ ({ a: "/alerts/", e: "/derived/", f: "/", i: "/inbox/", l: "/log/", n: "/notifications/", p: "/pipeline/", q: "/quarantine/", r: "/rules/", s: "/sites/", t: "/topics/", x: "/explore/" });
    if (event.key in pages && event.timeStamp - g < SEQUENCE) {
      event.stopImmediatePropagation();
      location.assign(pages[event.key]);
    } else if (event.key === "v" && event.timeStamp - g < SEQUENCE) byId("views").open = true;
    else if (event.key === "g") g = event.timeStamp;
    else if (event.key === "?") byId("help").showModal();
    else if (event.key === "t") nextTheme();
    else if (event.key === "d") nextDensity();
  }, { capture: true });
}

function wireMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" ? document.querySelector("details.menu[open]") : null;
    if (!open) return;
    event.stopImmediatePropagation();
    open.removeAttribute("open");
    open.querySelector("summary")?.focus();
  }, { capture: true });
}

/** Buttons that copy the text of what their `data-copy` selects. @param {ParentNode} area */
export function wireCopies(area) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (area.querySelectorAll("[data-copy]"))) {
    copies(button, () => document.querySelector(button.dataset.copy ?? "")?.textContent ?? "");
  }
}

// On a phone the sections scroll; the present one is among those that show.
document.querySelector(".rail [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
wireAppearance();
wireZone();
wireKeys();
wireMenus();
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help").addEventListener("click", (/** @type {MouseEvent} */ event) => event.target === byId("help") && byId("help").close());
wireCopies(document);
wirePresses(window);
wireControl();
connection.on("state", showConnection);
connection.on("beat", showConnection);
setInterval(showConnection, 1000);
// The page of an outage shows nothing live, and must not be sent to the log-in while it waits.
if (!document.getElementById("away")) {
  showWaiting();
  showAlerts();
  showUnread();
  wireViews();
  wirePalette();
  offer(t("Save this page as a view"), t("bookmark"), () => views.ask());
  offer(t("Keyboard help"), t("keys"), () => byId("help").showModal());
  offer(t("Next theme"), t("dark light appearance"), nextTheme);
  offer(t("Next density"), t("compact wall appearance"), nextDensity);
}
showConnection();
