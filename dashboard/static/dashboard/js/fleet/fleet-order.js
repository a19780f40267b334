/** Which devices the fleet shows, in what order and groups. Pure. */

import { STATES } from "../presence/presence.js";
import { SEVERITIES } from "../alerts/standing.js";
import { t } from "../page/language.js";

/**
 * @typedef {{uid: string, name: string, kind: string, tags: string[], site: {slug: string, name: string}|null,
 *   state: string, heard: number|null, alert?: {severity: string}|null}} Listed
 * @typedef {{search: string, site: string, states: Set<string>, selected?: Set<string>, only?: boolean}} Filter
 */

const RANK = Object.fromEntries(STATES.map((name, index) => [name, index]));
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** @typedef {(a: Listed, b: Listed) => number} Compare */

/** By what never changes by itself; and what does, which stands still until the viewer asks. @type {Record<string, Compare>} */
const ORDERS = {
  site: (a, b) => named(a.site?.name, b.site?.name) || byName(a, b),
  name: byName,
  worst: (a, b) => RANK[a.state] - RANK[b.state] || severity(a) - severity(b) || byName(a, b),
  recent: (a, b) => (b.heard ?? 0) - (a.heard ?? 0) || byName(a, b),
};
/** Orders that the viewer has made anew. */
export const MOVING = new Set(["worst", "recent"]);

/** Of those in alert, the worst first. @param {Listed} device */
function severity({ state, alert }) {
  return state === "alert" && alert ? SEVERITIES.indexOf(/** @type {any} */ (alert.severity)) : 0;
}

/** @param {Listed} a @param {Listed} b */
function byName(a, b) {
  return collator.compare(a.name, b.name) || collator.compare(a.uid, b.uid);
}

/** What has no name comes last. @param {string|undefined} a @param {string|undefined} b */
function named(a, b) {
  return Number(!a) - Number(!b) || collator.compare(a ?? "", b ?? "");
}

/** @template {Listed} T @param {T[]} devices @param {string} order @returns {T[]} */
export function sorted(devices, order) {
  return [...devices].sort(ORDERS[order] ?? ORDERS.site);
}

/** As they stood; who came since, by name at the end. @template {Listed} T @param {T[]} devices @param {Map<string, number>} places by uid @returns {T[]} */
export function asTheyStood(devices, places) {
  const place = (/** @type {T} */ { uid }) => places.get(uid) ?? Infinity;
  return [...devices].sort((a, b) => (place(a) === place(b) ? byName(a, b) : place(a) - place(b)));
}

/** Under which headings a device stands; a device of several tags under each of them. @type {Record<string, (device: Listed) => string[]>} */
const GROUPS = {
  site: ({ site }) => [site?.name ?? ""],
  kind: ({ kind }) => [kind],
  tag: ({ tags }) => (tags.length ? tags : [""]),
};
/** The heading of those without. */
const WITHOUT = () => /** @type {Record<string, string>} */ ({ site: t("No site"), kind: t("No kind"), tag: t("No tag") });

/** @template {Listed} T @param {T[]} devices in their order @param {string} group "" for none
 * @returns {{name: string, title: string, devices: T[]}[]} those without one last */
export function sections(devices, group) {
  if (!Object.hasOwn(GROUPS, group)) return [{ name: "", title: "", devices }];
  /** @type {Map<string, T[]>} */ const found = new Map();
  for (const device of devices) {
    for (const name of GROUPS[group](device)) {
      const all = found.get(name);
      if (all) all.push(device);
      else found.set(name, [device]);
    }
  }
  return [...found].sort(([a], [b]) => named(a, b)).map(([name, all]) => ({ name, title: name || WITHOUT()[group], devices: all }));
}

/** Every word of the search is in name, uid, site, kind or a tag. @param {Listed} device @param {string} search */
export function found(device, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const text = [device.name, device.uid, device.kind, device.site?.name ?? "", ...device.tags].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** @param {Listed} device @param {Filter} filter */
export function shown(device, filter) {
  return (filter.states.size === 0 || filter.states.has(device.state))
    && (filter.site === "" || device.site?.slug === filter.site)
    && (!filter.only || filter.selected?.has(device.uid) === true)
    && found(device, filter.search);
}

/** How many devices are in each state. @param {Listed[]} devices @returns {Record<string, number>} */
export function counts(devices) {
  const out = Object.fromEntries(STATES.map((name) => [name, 0]));
  for (const device of devices) out[device.state] += 1;
  return out;
}

/** How bad the worst alert of them is; "" without one. @param {Listed[]} devices */
export function worstAlert(devices) {
  return SEVERITIES[Math.min(...devices.map((device) => (device.state === "alert" && device.alert ? severity(device) : Infinity)))] ?? "";
}

/** Page title and badge. @param {Record<string, number>} count */
export function headline(count) {
  const words = [
    count.limit ? t("{n} beyond a limit", { n: count.limit }) : "",
    count.offline ? t("{n} offline", { n: count.offline }) : "",
    count.silent ? t("{n} silent", { n: count.silent }) : "",
    count.sensors ? t("{n} with silent sensors", { n: count.sensors }) : "",
  ].filter(Boolean);
  return words.length ? `${words.join(", ")} · ${t("Fleet")}` : t("Fleet");
}
