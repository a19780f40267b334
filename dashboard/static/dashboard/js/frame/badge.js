/** The tab: its title carries the state, its icon the count of alerts, or of the problems of the page; and the counts in the rail. */

import { setText } from "../page/element.js";

const MOST = 99; // in the rail; more are written as 99+
const NORMAL = /** @type {HTMLLinkElement|null} */ (document.querySelector("link[rel=icon]"))?.href ?? "";
const NAME = " · Pulseboard";
let shown = 0;
let alerts = 0;
/** what the page says, and how many problems it sees itself */
let said = { title: document.title.replace(NAME, ""), problems: 0 };

/** @param {string} title @param {number} problems */
export function setTab(title, problems) {
  said = { title, problems };
  show();
}

/** @param {number} open alerts somebody should look at */
export function setAlerts(open) {
  alerts = open;
  show();
}

/** How many of something wait, beside its name in the rail. @param {any} bubble @param {number} count @param {string} [before] it */
export function setCount(bubble, count, before = "") {
  bubble.hidden = count === 0;
  setText(bubble.firstElementChild, `${before}${count > MOST ? `${MOST}+` : count}`);
}

function show() {
  const full = `${alerts ? `▲ ${alerts} · ` : ""}${said.title}${NAME}`;
  if (document.title !== full) document.title = full;
  const count = alerts || said.problems;
  if (count === shown) return;
  shown = count;
  const link = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
  link.href = count ? `data:image/svg+xml,${encodeURIComponent(badge(count))}` : NORMAL;
}

/** @param {number} count */
function badge(count) {
  const text = count > 99 ? "99" : String(count);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d5fd1"/>`
    + `<path d="M4 14h5l3-6 5 12 4-8 2 2h5" fill="none" stroke="#fff" stroke-width="2.8"/>`
    + `<rect x="${text.length > 1 ? 8 : 14}" y="13" width="${text.length > 1 ? 24 : 18}" height="19" rx="9.5" fill="#c02637"/>`
    + `<text x="${text.length > 1 ? 20 : 23}" y="28" font-family="sans-serif" font-size="16" font-weight="700" fill="#fff" text-anchor="middle">${text}</text></svg>`;
}
