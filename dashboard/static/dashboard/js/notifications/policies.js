/** Policies: which alerts are told to whom; and whom a made-up alert would be told. */

import { act, remove, row } from "./channel-list.js";
import { afterMinutes, dueMinutes, shortly } from "./hours.js";
import { ask, boxes } from "../page/form-dialog.js";
import { byId, el } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";
import { SEVERITIES } from "./words.js";

/** @typedef {{minutes: number, users: string[], teams: number[], rotas: number[], channels: number[]}} Step
 * @typedef {{id: number, name: string, enabled: boolean, minimum: string, site: string|null, labels: Record<string, string>, repeat: number, steps: Step[]}} Policy
 * @typedef {{people: string[], teams: {id: number, name: string}[], rotas: {id: number, name: string}[], rooms: {id: number, name: string}[], sites: {slug: string, name: string}[]}} Known */

const EVERY_SITE = { value: "", label: t("Every site") };

/** "team=cold, floor=2" read. @param {string} text @returns {Record<string, string>} */
function labelsOf(text) {
  const pairs = text.split(",").map((each) => each.trim()).filter(Boolean).map((each) => each.split("=").map((word) => word.trim()));
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join("=")]));
}

export class Policies {
  /** @param {() => any} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Known} */ this.known = { people: [], teams: [], rotas: [], rooms: [], sites: [] };
    byId("add-policy").addEventListener("click", () => this.#edit(null));
    byId("try").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.attempt();
    });
    this.attempt = newest(() => this.#try(), ({ steps }) => showTried(steps), ({ message }) => byId("tried").replaceChildren(el("li", { class: "error", text: message })));
  }

  /** Raises what `get` raises. @param {Known} known what a step may name */
  async read(known) {
    this.known = known;
    const { policies } = await get("/api/v1/notifications/policies/");
    byId("policies").replaceChildren(...policies.map((/** @type {Policy} */ each) => this.#row(each)));
    byId("policies-empty").hidden = policies.length > 0;
    byId("policies-empty").textContent = t("No policy yet: nobody is told of any alert.");
    const site = byId("try-site");
    if (!site.options.length) site.replaceChildren(...[EVERY_SITE, ...known.sites.map(({ slug, name }) => ({ value: slug, label: name }))].map(({ value, label }) => el("option", { text: value ? label : t("No site"), attrs: { value } })));
  }

  /** Everybody a step may name, by a word of the kind. */
  #choices() {
    const { people, teams, rotas, rooms } = this.known;
    return [
      ...people.map((name) => ({ value: `users ${name}`, label: name })),
      ...teams.map(({ id, name }) => ({ value: `teams ${id}`, label: t("team {name}", { name }) })),
      ...rotas.map(({ id, name }) => ({ value: `rotas ${id}`, label: t("on call: {name}", { name }) })),
      ...rooms.map(({ id, name }) => ({ value: `channels ${id}`, label: t("room {name}", { name }) })),
    ];
  }

  /** @param {Step} step */
  #chosen(step) {
    return /** @type {const} */ (["users", "teams", "rotas", "channels"]).flatMap((kind) => step[kind].map((each) => `${kind} ${each}`));
  }

  #row(/** @type {Policy} */ policy) {
    const path = `/api/v1/notifications/policies/${policy.id}/`;
    const word = new Map(this.#choices().map(({ value, label }) => [value, label]));
    const due = dueMinutes(policy.steps);
    const steps = policy.steps.map((step, at) => el("li", { text: `${afterMinutes(due[at])}: ${this.#chosen(step).map((each) => word.get(each) ?? each).join(", ")}` }));
    const labels = Object.entries(policy.labels).map(([name, value]) => `${name}=${value}`);
    const what = [policy.minimum === "critical" ? t("critical") : policy.minimum === "warning" ? t("warning and graver") : t("info and graver"), policy.site ? t("at {site}", { site: policy.site }) : t("at every site"), ...labels].join(", ");
    return row(policy.name, [el("p", { class: "small quiet", text: `${what}${policy.repeat ? t("; all over again {repeat} times", { repeat: policy.repeat }) : ""}` }), el("ol", { class: "steps small" }, ...steps)], [
      act(policy.enabled ? t("On") : t("Off"), async () => { await send("PATCH", path, { enabled: !policy.enabled }); await this.changed(); }, { role: "switch", "aria-checked": String(policy.enabled), "aria-label": t("Policy {name}", { name: policy.name }) }),
      act(t("Edit"), () => this.#edit(policy), { "aria-label": t("Edit {name}", { name: policy.name }) }),
      act(t("Delete"), () => remove(t("Delete the policy “{name}”?", { name: policy.name }), path, this.changed), { "aria-label": t("Delete {name}", { name: policy.name }) }),
    ]);
  }

  #edit(/** @type {Policy|null} */ policy) {
    const sites = [EVERY_SITE, ...this.known.sites.map(({ slug, name }) => ({ value: slug, label: name }))];
    ask({ title: policy?.name ?? t("New policy"), fields: [
      { name: "name", label: t("Name"), value: policy?.name, attrs: { maxlength: "100" }, wide: true },
      { name: "minimum", label: t("Alerts from"), type: "select", options: SEVERITIES, value: policy?.minimum ?? "warning" },
      { name: "site", label: t("Site"), type: "select", options: sites, value: policy?.site ?? "" },
      { name: "labels", label: t("Labels"), value: Object.entries(policy?.labels ?? {}).map((pair) => pair.join("=")).join(", "), hint: t("team=cold chain, floor=2") },
      { name: "repeat", label: t("All over again, times"), type: "number", value: policy?.repeat ?? 0, attrs: { min: "0", max: "9" } },
      { name: "steps", label: t("Steps, until somebody acknowledges"), make: () => this.#steps(policy?.steps ?? []) },
    ], save: async ({ labels, site, ...values }) => {
      const body = { ...values, site: site || null, labels: labelsOf(labels) };
      await (policy ? send("PATCH", `/api/v1/notifications/policies/${policy.id}/`, body) : send("POST", "/api/v1/notifications/policies/", body));
    }, saved: this.changed });
  }

  #steps(/** @type {Step[]} */ given) {
    const list = el("ol", { class: "step-forms" });
    /** @type {{element: HTMLElement, read: () => Step}[]} */ const rows = [];
    const add = (/** @type {Step} */ step) => {
      const who = boxes(t("Who is told by step {step}", { step: rows.length + 1 }), this.#choices(), this.#chosen(step));
      const minutes = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "number", min: "1", "aria-label": t("Minutes until the next") } }));
      minutes.value = String(step.minutes);
      const read = () => {
        const named = (/** @type {string} */ kind) => who.read().filter((each) => each.startsWith(`${kind} `)).map((each) => each.slice(kind.length + 1));
        return { minutes: Number(minutes.value), users: named("users"), teams: named("teams").map(Number), rotas: named("rotas").map(Number), channels: named("channels").map(Number) };
      };
      const one = { element: el("li", {}, who.element, el("div", { class: "adding" }, minutes, t("min until the next"), act(t("Remove"), () => { rows.splice(rows.indexOf(one), 1); show(); }))), read };
      rows.push(one);
    };
    const show = () => list.replaceChildren(...rows.map(({ element }) => element));
    const fresh = () => ({ minutes: 10, users: [], teams: [], rotas: [], channels: [] });
    for (const step of given.length ? given : [fresh()]) add(step);
    show();
    return { element: el("div", {}, list, act(t("Add a step"), () => { add(fresh()); show(); })), read: () => rows.map(({ read }) => read()) };
  }

  #try() {
    const form = byId("try");
    return send("POST", "/api/v1/notifications/policies/try/", { severity: form.severity.value, site: byId("try-site").value || null, labels: labelsOf(form.labels.value) });
  }
}

/** Whom a made-up alert would be told, step by step. @param {any[]} steps */
function showTried(steps) {
  byId("tried").replaceChildren(...steps.map((step) => el("li", {}, el("b", { text: `${shortly(step.at, Date.now())} ${step.policy}` }),
    el("ul", { class: "small" }, ...step.told.map((/** @type {any} */ each) => el("li", { text: `${each.who}: ${each.said === "told" ? t("told on {channels}", { channels: each.channels.join(", ") }) : each.said}` }))))));
  if (!steps.length) byId("tried").replaceChildren(el("li", { class: "error", text: t("Nobody would be told: no policy is for such an alert.") }));
}
