/** The tree of topics on the page: rows that stay where they are while their numbers change. */

import { age, number } from "../page/format.js";
import { byId, el, icon, setText, showRows } from "../page/element.js";
import { markOf, rows } from "./topic-tree.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

const MOST = 600; // rows that are shown at once
const DEEPEST = 6; // levels that are moved in; deeper ones stand below each other
const FEW = 20; // topics below a level, up to which it is open by itself

/** @typedef {import("./topic-tree.js").Node} Node */

export class TopicList {
  /** @param {(topic: string) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen;
    /** What was opened and closed by hand. @type {Map<string, boolean>} */ this.turned = new Map();
    /** @type {Map<string, HTMLElement>} */ this.held = new Map();
    /** @type {string|null} */ this.open = null;
  }

  /** @param {Node} root @returns {number} rows that found no room */
  show(root) {
    const all = rows(root, (node) => this.#isOpen(node));
    const shown = all.slice(0, MOST);
    const held = new Map();
    for (const node of shown) {
      const row = this.held.get(node.path) ?? this.#row(node);
      this.#fill(row, node, root);
      held.set(node.path, row);
    }
    this.held = held;
    showRows(byId("topics"), [...held.values()]);
    return all.length - shown.length;
  }

  #isOpen(/** @type {Node} */ node) {
    return this.turned.get(node.path) ?? node.topics <= FEW;
  }

  #row(/** @type {Node} */ node) {
    const button = el("button", { attrs: { type: "button" } },
      el("span", { class: "name" }, el("span", { class: "turn" }), el("span", { class: "mono", text: node.name || t("(empty)"), attrs: { title: node.path } })),
      el("span", { class: "number rate" }), el("span", { class: "number messages" }), el("span", { class: "number small quiet age" }));
    return el("li", { class: `depth-${Math.min(node.depth, DEEPEST)}`, data: { path: node.path } }, button);
  }

  #fill(/** @type {HTMLElement} */ row, /** @type {Node} */ node, /** @type {Node} */ root) {
    const button = /** @type {HTMLElement} */ (row.firstElementChild);
    const isOpen = this.#isOpen(node);
    if (node.children.size) button.setAttribute("aria-expanded", String(isOpen));
    setText(row.querySelector(".turn"), node.children.size ? (isOpen ? "▾" : "▸") : "");
    setText(row.querySelector(".rate"), node.rate === null ? "–" : number(node.rate, node.rate >= 100 ? 0 : 1));
    setText(row.querySelector(".messages"), number(node.messages, 0));
    setText(row.querySelector(".age"), age(Math.max(0, serverNow() - node.at)));
    row.classList.toggle("is-chosen", node.topic !== null && node.path === this.open);
    const verdict = node.topic?.verdict ?? "";
    if (row.dataset.state !== verdict) {
      row.querySelector(".name .mark")?.remove();
      row.querySelector(".name .unseen")?.remove();
      row.dataset.state = verdict;
      const bad = ["rejected", "partial", "ignored"].includes(verdict); // what is well is quiet
      if (bad) row.querySelector(".name")?.append(icon(`m-${markOf(verdict)}`, "mark"), el("span", { class: "unseen", text: verdict }));
    }
    button.onclick = () => {
      if (node.children.size) this.turned.set(node.path, !this.#isOpen(node));
      if (node.topic) {
        this.open = node.path;
        this.chosen(node.path);
      }
      this.show(root);
    };
  }
}
