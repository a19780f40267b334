/** One act in the audit log: who did what to what; opened, what was before and after. */

import { actWord, kindWord } from "./act-words.js";
import { el } from "../page/element.js";
import { moment } from "../time/moment.js";
import { t } from "../page/language.js";

/** @typedef {{id: number, at: number, by: string, token_key: string, address: string|null, action: string, kind: string,
 *   object_id: string, label: string, before: any, after: any}} AuditEntry as in `GET audit/` */
/** @typedef {Partial<Record<"by"|"action"|"kind"|"id"|"address", string>>} Narrowing */

/** A value as it is read: what is no word is JSON. @param {any} value */
export const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));

/** What was before and after, by field. @param {any} before @param {any} after @returns {[string, string|null, string|null][]} null: not said */
export function changes(before, after) {
  const [was, is] = [before, after].map((facts) => (facts !== null && typeof facts === "object" && !Array.isArray(facts) ? facts : facts === null ? {} : { "": facts }));
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return names.map((name) => [name, name in was ? shown(was[name]) : null, name in is ? shown(is[name]) : null]);
}

/** @param {AuditEntry} entry @param {(by: Narrowing) => void} narrow */
export function auditRow(entry, narrow) {
  const { by, action, kind, object_id: id, label, address } = entry;
  const thing = label || id;
  const details = el("details", { class: /refused|failed/.test(action) ? "is-refused" : "" },
    el("summary", {}, el("time", { text: moment(entry.at) }), el("b", { class: "who", text: by, attrs: { title: by } }),
      el("span", { class: "what", text: actWord(action), attrs: { title: action } }), el("span", { class: "thing", text: thing ? `${kindWord(kind)} ${thing}` : kindWord(kind), attrs: { title: thing } }),
      el("span", { class: "from", text: address ?? "" })));
  details.addEventListener("toggle", () => {
    if (/** @type {HTMLDetailsElement} */ (details).open && details.children.length === 1) details.append(about(entry, narrow));
  });
  return el("li", { data: { key: String(entry.id) } }, details);
}

/** @param {AuditEntry} entry @param {(by: Narrowing) => void} narrow */
function about({ by, token_key: token, address, action, kind, object_id: id, before, after }, narrow) {
  /** @type {[string, string][]} */ const facts = [];
  facts.push([t("What"), action]);
  if (id) facts.push([kindWord(kind), id]);
  if (token) facts.push([t("API token"), token]);
  const rows = changes(before, after).flatMap(([name, was, is]) => [
    el("dt", { text: name || t("asked") }),
    el("dd", {}, ...(was === null ? [] : [el("del", { text: was })]), ...(was !== null && is !== null ? [" → "] : []), ...(is === null ? [] : [el("ins", { text: is })])),
  ]);
  const button = (/** @type {string} */ text, /** @type {Narrowing} */ by_) => el("button", { class: "button bare", text, on: { click: () => narrow(by_) } });
  return el("div", { class: "about" },
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { class: "mono", text: value })]), ...rows),
    el("div", { class: "acts" }, button(t("All by {name}", { name: by }), { by }), button(t("All like {action}", { action: actWord(action) }), { action }),
      ...(id ? [button(t("All about {id}", { id }), { kind, id })] : []), ...(address ? [button(t("All from {address}", { address }), { address })] : [])));
}
