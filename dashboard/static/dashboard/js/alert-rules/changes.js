/** Who changed a rule, when, and what. */

import { byId, el } from "../page/element.js";
import { get } from "../page/rest.js";
import { moment } from "../time/moment.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";

const LISTED = 20; // newest changes

/** @param {{id: number}} rule */
export function showChanges(rule) {
  byId("changes").replaceChildren(el("li", { class: "quiet", text: t("Loading") }));
  read(rule);
}

const read = newest((/** @type {{id: number}} */ { id }) => get(`/api/v1/alert-rules/${id}/changes/`), ({ changes }) =>
  byId("changes").replaceChildren(...changes.slice(0, LISTED).map((/** @type {any} */ one) => el("li", {},
    el("span", { class: "small quiet", text: `${moment(Date.parse(one.at))}, ${one.by ?? "Pulseboard"}` }), el("span", { text: inWords(one.before, one.after) })))),
({ message }) => byId("changes").replaceChildren(el("li", { class: "error", text: t("Not read. {message}", { message }) })));

/** "condition.limit: −15, before −18; enabled: true". @param {any} before @param {any} after */
export function inWords(before, after) {
  if (!before) return t("Made");
  const [old, now] = [flat(before), flat(after ?? {})];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => old[name] !== now[name]);
  return names.map((name) => (name in old ? t("{name}: {now}, before {before}", { name, now: now[name] ?? t("none"), before: old[name] }) : `${name}: ${now[name]}`)).join("; ");
}

/** @param {any} form @param {string} [path] @returns {Record<string, string>} */
function flat(form, path = "") {
  return Object.assign({}, ...Object.entries(form).map(([name, value]) => (value !== null && typeof value === "object" && !Array.isArray(value)
    ? flat(value, `${path}${name}.`) : { [`${path}${name}`]: Array.isArray(value) ? value.join(", ") : String(value) })));
}
