/** Rotas with who is on call, and teams. */

import { act, remove, row } from "./channel-list.js";
import { ask, boxes } from "../page/form-dialog.js";
import { byId, el } from "../page/element.js";
import { fieldInstant, fieldText } from "../time/time-field.js";
import { get, send } from "../page/rest.js";
import { shiftInWords, shortly } from "./hours.js";
import { zoneName } from "../time/zone.js";
import { t } from "../page/language.js";

/** @typedef {{user: string|null, starts: number, ends: number|null, substitute: boolean}} Duty
 * @typedef {{id: number, name: string, zone: string, starts_on: string, starts_at: string, shift_hours: number, members: string[],
 *   substitutions: {id: number, starts: number, ends: number, user: string|null, by: string}[], duties: Duty[]}} Rota
 * @typedef {{id: number, name: string, members: string[]}} Team */

const NOBODY = "";

export class OnCall {
  /** @param {() => any} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {string[]} */ this.people = [];
    /** @type {Rota[]} */ this.rotas = [];
    /** @type {Team[]} */ this.teams = [];
    byId("add-rota").addEventListener("click", () => this.#editRota(null));
    byId("add-team").addEventListener("click", () => this.#editTeam(null));
  }

  /** Raises what `get` raises. @param {string[]} people names of accounts */
  async read(people) {
    this.people = people;
    const [{ rotas, now }, { teams }] = await Promise.all([get("/api/v1/notifications/rotas/"), get("/api/v1/notifications/teams/")]);
    this.rotas = rotas;
    this.teams = teams;
    byId("rotas").replaceChildren(...rotas.map((/** @type {Rota} */ each) => this.#rota(each, now)));
    byId("teams").replaceChildren(...teams.map((/** @type {Team} */ each) => this.#team(each)));
    byId("rotas-empty").hidden = rotas.length > 0;
    byId("rotas-empty").textContent = t("No rota yet. A rota says whose turn it is to be called.");
    byId("teams-empty").hidden = teams.length > 0;
    byId("teams-empty").textContent = t("No team yet. A team is told together.");
  }

  #rota(/** @type {Rota} */ rota, /** @type {number} */ now) {
    const [current, ...next] = rota.duties;
    const name = (/** @type {Duty} */ duty) => `${duty.user ?? t("nobody")}${duty.substitute ? t(" (stands in)") : ""}`;
    const line = el("p", {}, t("On call now: "), el("b", { class: current?.user ? "" : "error", text: current ? name(current) : t("nobody") }), current?.ends ? t(", until {ends}", { ends: shortly(current.ends, now) }) : "");
    const upcoming = el("ol", { class: "next small" }, ...next.map((duty) => el("li", { text: `${shortly(duty.starts, now)} ${name(duty)}` })));
    const standing = rota.substitutions.map((each) => el("p", { class: "small" }, t("{user} stands in from {starts} until {ends} ", { user: each.user ?? t("Nobody"), starts: shortly(each.starts, now), ends: shortly(each.ends, now) }),
      act(t("Take back"), () => remove(t("Take this back?"), `/api/v1/notifications/rotas/${rota.id}/substitutions/${each.id}/`, this.changed))));
    const about = el("p", { class: "small quiet", text: t("{shift} each, from {starts_at} ({zone}): {members}", { shift: shiftInWords(rota.shift_hours), starts_at: rota.starts_at, zone: rota.zone, members: rota.members.join(", ") || t("nobody") }) });
    return row(rota.name, [line, about, upcoming, ...standing], [
      act(t("Stand in"), () => this.#standIn(rota, now), { "aria-label": t("Have somebody stand in on {name}", { name: rota.name }) }),
      act(t("Edit"), () => this.#editRota(rota), { "aria-label": t("Edit {name}", { name: rota.name }) }),
      act(t("Delete"), () => remove(t("Delete the rota “{name}”?", { name: rota.name }), `/api/v1/notifications/rotas/${rota.id}/`, this.changed), { "aria-label": t("Delete {name}", { name: rota.name }) }),
    ]);
  }

  #team(/** @type {Team} */ team) {
    return row(team.name, [el("p", { class: "small", text: team.members.join(", ") || t("Nobody") })], [
      act(t("Edit"), () => this.#editTeam(team), { "aria-label": t("Edit {name}", { name: team.name }) }),
      act(t("Delete"), () => remove(t("Delete the team “{name}”?", { name: team.name }), `/api/v1/notifications/teams/${team.id}/`, this.changed), { "aria-label": t("Delete {name}", { name: team.name }) }),
    ]);
  }

  #editTeam(/** @type {Team|null} */ team) {
    ask({ title: team?.name ?? t("New team"), fields: [
      { name: "name", label: t("Name"), value: team?.name, attrs: { maxlength: "100" } },
      { name: "members", label: t("Members"), make: () => boxes(t("Members"), this.people.map((value) => ({ value, label: value })), team?.members ?? []) },
    ], save: (values) => (team ? send("PATCH", `/api/v1/notifications/teams/${team.id}/`, values) : send("POST", "/api/v1/notifications/teams/", values)), saved: this.changed });
  }

  #editRota(/** @type {Rota|null} */ rota) {
    const today = fieldText(Date.now()).slice(0, 10);
    ask({ title: rota?.name ?? t("New rota"), fields: [
      { name: "name", label: t("Name"), value: rota?.name, attrs: { maxlength: "100" }, wide: true },
      { name: "starts_on", label: t("First shift on"), type: "date", value: rota?.starts_on ?? today },
      { name: "starts_at", label: t("At"), type: "time", value: rota?.starts_at ?? "09:00" },
      { name: "shift_hours", label: t("Hours of a shift"), type: "number", value: rota?.shift_hours ?? 168, hint: t("A week has 168; a shift begins at the same hour all year."), attrs: { min: "1" } },
      { name: "zone", label: t("Time zone"), value: rota?.zone ?? zoneName(), attrs: { list: "zones" } },
      { name: "members", label: t("In this order"), make: () => order(this.people, rota?.members ?? []) },
    ], save: (values) => (rota ? send("PATCH", `/api/v1/notifications/rotas/${rota.id}/`, values) : send("POST", "/api/v1/notifications/rotas/", values)), saved: this.changed });
  }

  #standIn(/** @type {Rota} */ rota, /** @type {number} */ now) {
    const people = [{ value: NOBODY, label: t("nobody") }, ...this.people.map((value) => ({ value, label: value }))];
    ask({ title: t("Stand in: {name}", { name: rota.name }), fields: [
      { name: "user", label: t("Who"), type: "select", options: people, value: this.people[0], wide: true },
      { name: "starts", label: t("From"), type: "datetime-local", value: fieldText(now) },
      { name: "ends", label: t("Until"), type: "datetime-local", value: fieldText(now + 86_400_000) },
    ], save: async ({ user, starts, ends }) => {
      const body = { user: user || null, starts: fieldInstant(starts), ends: fieldInstant(ends) };
      await send("POST", `/api/v1/notifications/rotas/${rota.id}/substitutions/`, body);
    }, saved: this.changed });
  }
}

/** People in an order, some more than once. @param {string[]} people @param {string[]} chosen */
function order(people, chosen) {
  let now = [...chosen];
  const list = el("ol", { class: "order" });
  const choose = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { "aria-label": t("Who comes next") } }, ...people.map((each) => el("option", { text: each, attrs: { value: each } }))));
  const show = () => list.replaceChildren(...now.map((name, at) => el("li", {}, name,
    act("↑", () => swap(at, at - 1), { "aria-label": t("{name} earlier", { name }), ...(at ? {} : { disabled: "" }) }),
    act(t("Remove"), () => { now.splice(at, 1); show(); }, { "aria-label": t("Remove {name}", { name }) }))));
  const swap = (/** @type {number} */ from, /** @type {number} */ to) => {
    now.splice(to, 0, ...now.splice(from, 1));
    show();
  };
  show();
  const add = act(t("Add"), () => { now = [...now, choose.value]; show(); });
  return { element: el("div", { class: "ordering" }, list, el("div", { class: "adding" }, choose, add)), read: () => now };
}
