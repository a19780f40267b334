/** The rules in the order they are asked: choose one, move it, switch it on and off. */

import { byId, el, icon, setText } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { OpenList } from "../page/open-list.js";
import { t } from "../page/language.js";

/** @typedef {{id: number, name: string, position: number, enabled: boolean, definition: any, samples: any[], filter: string, waiting?: number}} Rule */

export class RuleList extends OpenList {
  /** @param {(rule: Rule) => void} chosen */
  constructor(chosen) {
    super(byId("rules"));
    this.chosen = chosen;
    /** @type {Rule[]} */ this.rules = [];
  }

  /** Raises what `get` raises. @override */
  async read() {
    this.rules = (await get("/api/v1/rules/")).rules;
    this.show();
  }

  /** @override */
  show() {
    this.replace(this.rules.map((rule, at) => this.#row(rule, at)));
    byId("rules-empty").hidden = this.rules.length > 0;
    setText(byId("rules-empty"), t("No rule yet. Whatever no convention knows can be read by one."));
    setText(byId("count"), this.rules.length ? `${this.rules.length}` : "");
  }

  #row(/** @type {Rule} */ rule, /** @type {number} */ at) {
    const said = el("p", { class: "error", attrs: { role: "alert", hidden: "" } });
    const act = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ text, /** @type {() => Promise<any>} */ work, /** @type {any} */ attrs = {}) => el("button", {
      class: "button tiny", text, attrs: { type: "button", "aria-label": `${label} ${rule.name}`, title: label, ...attrs }, data: { act: `${name}-${rule.id}`, needs: "administrator" },
      on: { click: () => this.carryOut(work, said) },
    });
    const up = act("up", t("Move up"), "↑", () => this.#move(at, at - 1), at === 0 ? { disabled: "" } : {});
    const down = act("down", t("Move down"), "↓", () => this.#move(at, at + 1), at === this.rules.length - 1 ? { disabled: "" } : {});
    const word = rule.enabled ? t("On") : t("Off");
    const on = act("on", `${word}:`, word, () => send("PATCH", `/api/v1/rules/${rule.id}/`, { enabled: !rule.enabled }), { role: "switch", "aria-checked": String(rule.enabled), title: word });
    const open = this.opener(rule.id, () => this.chosen(rule), el("b", { text: rule.name }), el("span", { class: "small quiet mono", text: rule.definition?.topic ?? "" }));
    if (!rule.filter) open.append(el("span", { class: "small error" }, icon("i-warn"), t(" This version cannot use it.")));
    const row = el("li", {}, open, el("div", { class: "acts" }, up, down, on), said);
    row.classList.toggle("is-chosen", rule.id === this.open);
    row.classList.toggle("is-off", !rule.enabled);
    return row;
  }

  #move(/** @type {number} */ from, /** @type {number} */ to) {
    const ids = this.rules.map((rule) => rule.id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    return send("POST", "/api/v1/rules/order/", { ids });
  }
}
