/** The tab: its title carries the state, its icon the count of problems. */

const NORMAL = /** @type {HTMLLinkElement|null} */ (document.querySelector("link[rel=icon]"))?.href ?? "";
let shown = 0;

/** @param {string} title @param {number} problems */
export function setTab(title, problems) {
  const full = `${title} · Pulseboard`;
  if (document.title !== full) document.title = full;
  if (problems === shown) return;
  shown = problems;
  const link = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
  link.href = problems ? `data:image/svg+xml,${encodeURIComponent(badge(problems))}` : NORMAL;
}

/** @param {number} count */
function badge(count) {
  const text = count > 99 ? "99" : String(count);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d5fd1"/>`
    + `<path d="M4 14h5l3-6 5 12 4-8 2 2h5" fill="none" stroke="#fff" stroke-width="2.8"/>`
    + `<rect x="${text.length > 1 ? 8 : 14}" y="13" width="${text.length > 1 ? 24 : 18}" height="19" rx="9.5" fill="#c02637"/>`
    + `<text x="${text.length > 1 ? 20 : 23}" y="28" font-family="sans-serif" font-size="16" font-weight="700" fill="#fff" text-anchor="middle">${text}</text></svg>`;
}
