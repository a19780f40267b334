/** One device that waits: who it says it is, what it sends, and what can be done with it. */

import { ago, counted, humanise, number, THIN } from "../page/format.js";
import { el, stateMark } from "../page/element.js";
import { moment } from "../time/moment.js";
import { serverNow } from "../time/clock.js";
import { recognised, t } from "../page/language.js";

const FEW = 8; // metrics that are shown
const LONG = 24; // characters of a text value that are shown

/**
 * @typedef {{metric: string, value: any, unit: string, label: string, quantity: string}} Metric
 * @typedef {{uid: string, convention: string, topic: string, gateway: string, first_seen: number, last_seen: number, messages: number, kept: number,
 *   kind: string, described: Record<string, any>, aliases: string[], online: boolean|null, ignored: boolean, reason: string, sample: string, metrics: Metric[]}} Candidate
 * @typedef {{adopt: (uid: string, facts: any) => Promise<void>, ignore: (uid: string, ignored: boolean) => Promise<void>, merge: (uid: string, device: string) => Promise<void>}} Acts
 * @param {Candidate} found @param {{slug: string, name: string}[]} sites @param {Acts} acts
 */
export function candidateRow(found, sites, acts) {
  const said = found.described;
  const name = said.name || found.uid;
  const model = [said.manufacturer, said.model].filter(Boolean).join(" ");
  const facts = [found.convention, found.kind.replaceAll("-", " "), model, found.gateway && t("behind {gateway}", { gateway: found.gateway }), said.area].filter(Boolean).join(" · ");
  const who = el("div", { class: "who" }, el("b", { text: name }), el("span", { class: "small mono quiet", text: found.uid }), el("span", { class: "small soft", text: facts }),
    el("span", { class: "small quiet", attrs: { title: t("first {first_seen}", { first_seen: moment(found.first_seen) }) }, text: t("{messages} · last {ago} · first {first}", { messages: counted(found.messages, "message"), ago: ago(serverNow() - found.last_seen), first: ago(serverNow() - found.first_seen) }) }));
  if (found.online !== null) who.append(stateMark(found.online ? "online" : "offline"));
  const shown = found.metrics.slice(0, FEW).map(metric);
  if (found.metrics.length > FEW) shown.push(el("span", { class: "tag", text: t("{more} more", { more: found.metrics.length - FEW }) }));
  const what = el("div", { class: "what" }, el("div", { class: "tags" }, ...shown), el("span", { class: "small mono clip", text: found.topic, attrs: { title: found.topic } }),
    el("code", { class: "small quiet clip", text: found.sample, attrs: { title: found.sample } }));
  if (found.reason) what.append(el("span", { class: "small soft", text: recognised(found.reason) }));
  const row = el("li", { data: { uid: found.uid } }, who, what);
  row.append(form(found, name, sites, acts, row));
  return row;
}

function metric(/** @type {Metric} */ { metric: key, value, unit, label }) {
  const text = typeof value === "number" ? number(value) : value === null ? "" : String(value).slice(0, LONG);
  return el("span", { class: "tag", attrs: { title: key } }, `${label || humanise(key)} `, el("b", { text: text && unit ? `${text}${THIN}${unit}` : text }));
}

/** @param {Candidate} found @param {string} name @param {{slug: string, name: string}[]} sites @param {Acts} acts @param {HTMLElement} row */
function form(found, name, sites, acts, row) {
  const attrs = (/** @type {string} */ label) => ({ "aria-label": t("{label} of {name}", { label, name }), placeholder: label, autocomplete: "off" });
  const called = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { ...attrs(t("Name")), maxlength: "100" } }));
  called.value = name;
  const site = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: attrs(t("Site")) }, el("option", { text: t("No site"), attrs: { value: "" } }),
    ...sites.map((each) => el("option", { text: each.name, attrs: { value: each.slug } }))));
  site.hidden = sites.length === 0;
  const other = /** @type {HTMLInputElement} */ (el("input", { class: "field mono", attrs: { ...attrs(t("Device it is")), list: "devices", maxlength: "64" } }));
  const act = (/** @type {string} */ text, /** @type {string} */ kind, /** @type {() => Promise<void>} */ work, type = "button") => {
    const button = /** @type {HTMLButtonElement} */ (el("button", { class: `button ${kind}`, text, attrs: { type }, data: { needs: "administrator" } }));
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      row.querySelector(".wrong")?.remove();
      button.disabled = true;
      try {
        await work();
      } catch (error) {
        row.append(el("p", { class: "wrong", text: /** @type {Error} */ (error).message, attrs: { role: "alert" } }));
      } finally {
        button.disabled = false;
      }
    });
    return button;
  };
  const adopt = act(t("Adopt"), "main", () => acts.adopt(found.uid, { ...(called.value.trim() ? { name: called.value.trim() } : {}), ...(site.value ? { site: site.value } : {}) }), "submit");
  const ignore = act(found.ignored ? t("Ignore no more") : t("Ignore for ever"), "", () => acts.ignore(found.uid, !found.ignored));
  const merge = el("details", {}, el("summary", { text: t("It is a device I have") }),
    el("div", {}, other, act(t("Merge"), "", () => acts.merge(found.uid, other.value.trim()))));
  return el("form", {}, called, site, el("div", { class: "acts" }, adopt, merge, ignore));
}
