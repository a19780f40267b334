/** What somebody looks at, as an address that opens as it was. Pure. */

const MOST = 2_000; // characters, as many as the server keeps

/**
 * The page as it is now. What runs with the clock stands still: the window is written as its two ends.
 * @param {{pathname: string, search: string}} place @param {{from: number, to: number}|null} bounds of the page's time line
 */
export function viewOf({ pathname, search }, bounds) {
  const query = new URLSearchParams(search);
  if (bounds) {
    query.set("from", String(Math.floor(bounds.from)));
    query.set("to", String(Math.ceil(bounds.to)));
  }
  const path = query.size ? `${pathname}?${query}` : pathname;
  return path.length <= MOST ? path : pathname;
}

/** A device's charts around what an entry tells of. @param {{device: {uid: string}|null, starts: number|null, ends: number|null}} entry @param {number} now */
export function chartsOf({ device, starts, ends }, now) {
  if (device === null || starts === null) return null;
  const room = ends === null ? AROUND : Math.max(AROUND / 6, (ends - starts) / 2);
  const from = Math.floor(starts - room);
  return `/devices/${encodeURIComponent(device.uid)}/?from=${from}&to=${Math.max(from + AROUND / 6, Math.min(Math.ceil(now), Math.ceil((ends ?? starts) + room)))}`;
}

const AROUND = 30 * 60_000; // ms on both sides of an instant

/** What a view shows, in parts: whose page it is, and from when to when. @param {string} path
 * @returns {{page: string, of: string, from: number|null, to: number|null}} `page`: the first part of its path; `of`: a device's uid, or a site's slug */
export function shownBy(path) {
  const [pathname, search = ""] = path.split("#")[0].split(/\?(.*)/s);
  const [page = "", of = ""] = pathname.split("/").filter(Boolean);
  const query = new URLSearchParams(search);
  const from = Number(query.get("from")) || null;
  const to = Number(query.get("to")) || null;
  return { page, of: ["devices", "sites"].includes(page) ? decoded(of) : "", from: to === null ? null : from, to: from === null ? null : to };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
