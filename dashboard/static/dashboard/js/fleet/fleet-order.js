/** Which devices the fleet shows and in what order. Pure. */

import { STATES } from "../presence/presence.js";

/**
 * @typedef {{uid: string, name: string, kind: string, tags: string[], site: {slug: string, name: string}|null,
 *   state: string, connection: string, heard: number|null}} Listed `connection`: the state without its alerts, which move no tile
 * @typedef {{search: string, site: string, states: Set<string>, selected?: Set<string>, only?: boolean}} Filter
 */

const RANK = Object.fromEntries(STATES.map((name, index) => [name, index]));
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** @type {Record<string, (a: Listed, b: Listed) => number>} */
const ORDERS = {
  worst: (a, b) => RANK[a.connection] - RANK[b.connection] || byName(a, b),
  name: byName,
  recent: (a, b) => (b.heard ?? 0) - (a.heard ?? 0) || byName(a, b),
};

/** @param {Listed} a @param {Listed} b */
function byName(a, b) {
  return collator.compare(a.name, b.name) || collator.compare(a.uid, b.uid);
}

/** @template {Listed} T @param {T[]} devices @param {string} order @returns {T[]} */
export function sorted(devices, order) {
  return [...devices].sort(ORDERS[order] ?? ORDERS.worst);
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

const KINDS = ["gauge", "counter", "boolean", "text"];

/** A device's series: what has a line first, then as first sent. @template {{id: number, kind: string}} S @param {S[]} series */
export function inOrder(series) {
  return [...series].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.id - b.id);
}

/** How many devices are in each state. @param {Listed[]} devices @returns {Record<string, number>} */
export function counts(devices) {
  const out = Object.fromEntries(STATES.map((name) => [name, 0]));
  for (const device of devices) out[device.state] += 1;
  return out;
}

/** Page title and badge. @param {Record<string, number>} count */
export function headline(count) {
  /** @type {[string, string][]} */ const told = [["offline", "offline"], ["silent", "silent"], ["sensors", "with silent sensors"]];
  const words = told.filter(([name]) => count[name]).map(([name, word]) => `${count[name]} ${word}`);
  return words.length ? `${words.join(", ")} · Fleet` : "Fleet";
}
