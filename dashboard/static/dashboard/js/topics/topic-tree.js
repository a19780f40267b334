/** Topics as a tree of their levels, with what comes below each. Pure. */

import { t } from "../page/language.js";

/**
 * @typedef {{topic: string, messages: number, since: number, at: number, size: number, payload: string, retained: boolean, verdict: string, detail: string, uids: string[]}} Topic
 * @typedef {{path: string, name: string, depth: number, topic: Topic|null, messages: number, rate: number|null, at: number, topics: number, children: Map<string, Node>}} Node
 */

export const OTHERS = t("(topics beyond the limit)");
const SPAN = 5_000; // ms over which a rate is told

/** The mark a verdict is shown with. @param {string} verdict */
export const markOf = (verdict) => (verdict === "ignored" ? "disabled" : verdict);

/** How many messages a second each topic has, from what was told of it one moment and the next. */
export class Rates {
  constructor() {
    /** @type {Map<string, {at: number, messages: number}[]>} */ this.told = new Map();
  }

  /** @param {Topic[]} topics @param {number} now ms @returns {Map<string, number>} */
  of(topics, now) {
    const rates = new Map();
    const kept = new Map();
    for (const { topic, messages } of topics) {
      let past = this.told.get(topic) ?? [];
      if (past.length && past[past.length - 1].messages > messages) past = []; // a worker began anew
      past = [...past.filter(({ at }) => at >= now - SPAN), { at: now, messages }];
      const [first] = past;
      if (now > first.at) rates.set(topic, ((messages - first.messages) / (now - first.at)) * 1000);
      kept.set(topic, past);
    }
    this.told = kept;
    return rates;
  }
}

/** @param {Topic[]} topics @param {Map<string, number>} rates @param {string} [search] @returns {Node} the root */
export function tree(topics, rates, search = "") {
  const root = node("", "", -1);
  const word = search.trim().toLowerCase();
  for (const topic of topics) {
    if (word && !`${topic.topic} ${topic.uids.join(" ")}`.toLowerCase().includes(word)) continue;
    const rate = rates.get(topic.topic);
    let here = root;
    add(here, topic, rate);
    const levels = topic.topic === "" ? [OTHERS] : topic.topic.split("/");
    for (const [depth, name] of levels.entries()) {
      const path = levels.slice(0, depth + 1).join("/");
      let child = here.children.get(name);
      if (!child) {
        child = node(path, name, depth);
        here.children.set(name, child);
      }
      here = child;
      add(here, topic, rate);
    }
    here.topic = topic;
  }
  return root;
}

/** The rows that are shown, top to bottom: a node, then what is below it if it is open.
 * @param {Node} root @param {(node: Node) => boolean} isOpen @returns {Node[]} */
export function rows(root, isOpen) {
  /** @type {Node[]} */ const found = [];
  const walk = (/** @type {Node} */ parent) => {
    for (const child of [...parent.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      found.push(child);
      if (child.children.size && isOpen(child)) walk(child);
    }
  };
  walk(root);
  return found;
}

/** @returns {Node} */
function node(/** @type {string} */ path, /** @type {string} */ name, /** @type {number} */ depth) {
  return { path, name, depth, topic: null, messages: 0, rate: null, at: 0, topics: 0, children: new Map() };
}

function add(/** @type {Node} */ to, /** @type {Topic} */ topic, /** @type {number|undefined} */ rate) {
  to.messages += topic.messages;
  if (rate !== undefined) to.rate = (to.rate ?? 0) + rate; // until two looks it is not known
  to.at = Math.max(to.at, topic.at);
  to.topics += 1;
}
