/** What the viewer may do where a row stands, in lists that mix sites. The page itself says the highest of his roles. */

/** @typedef {""|"viewer"|"operator"|"administrator"} Role */

const ORDER = ["", "viewer", "operator", "administrator"];

/** Of a page's body. @param {{role?: string, roles?: string}} said @returns {(site: string|null) => Role} by the slug of a site; null: of no site */
export function roles(said) {
  const held = said.roles ? JSON.parse(said.roles) : {};
  return (site) => held[site ?? ""] ?? said.role ?? "";
}

/** @type {ReturnType<typeof roles>|null} */ let ofPage = null;

/** @param {string|null} site its slug; null: no site @returns {Role} */
export function roleAt(site) {
  ofPage ??= roles(document.body.dataset);
  return ofPage(site);
}

/** The lowest at all of them. @param {Iterable<string|null>} sites @param {(site: string|null) => Role} [at] @returns {Role} */
export function lowestAt(sites, at = roleAt) {
  const found = [...sites].map((site) => ORDER.indexOf(at(site)));
  return /** @type {Role} */ (ORDER[Math.min(ORDER.length - 1, ...found)]);
}
