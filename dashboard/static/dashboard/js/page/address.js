/** What a list is narrowed by, kept in the address so that a view can be shared. */

/** @param {Record<string, string>} facts what is "" is left out @returns {URLSearchParams} what the address has now */
export function showInAddress(facts) {
  const query = new URLSearchParams(Object.entries(facts).filter(([, value]) => value));
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  return query;
}
