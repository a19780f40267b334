/** Rotas with who is on call, and teams. */

import { act, remove, row } from "./channel-list.js";
import { ask, boxes } from "../page/form-dialog.js";
import { byId, el } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { shiftInWords, shortly } from "./hours.js";

/** @typedef {{user: string|null, starts: number, ends: number|null, substitute: boolean}} Duty
 * @typedef {{id: number, name: string, zone: string, starts_on: string, starts_at: string, shift_hours: number, members: string[],
 *   substitutions: {id: number, starts: number, ends: number, user: string|null, by: string}[], duties: Duty[]}} Rota
 * @typedef {{id: number, name: string, members: string[]}} Team */

const NOBODY = "";

/** @param {number} at */
function localInput(at) {
  const d = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return d.toISOString().slice(0, 16);
}

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
    byId("rotas-empty").textContent = "No rota yet. A rota says whose turn it is to be called.";
    byId("teams-empty").hidden = teams.length > 0;
    byId("teams-empty").textContent = "No team yet. A team is told together.";
  }

  #rota(/** @type {Rota} */ rota, /** @type {number} */ now) {
    const [current, ...next] = rota.duties;
    const name = (/** @type {Duty} */ duty) => `${duty.user ?? "nobody"}${duty.substitute ? " (stands in)" : ""}`;
    const line = el("p", {}, "On call now: ", el("b", { class: current?.user ? "" : "error", text: current ? name(current) : "nobody" }), current?.ends ? `, until ${shortly(current.ends, now)}` : "");
    const upcoming = el("ol", { class: "next small" }, ...next.map((duty) => el("li", { text: `${shortly(duty.starts, now)} ${name(duty)}` })));
    const standing = rota.substitutions.map((each) => el("p", { class: "small" }, `${each.user ?? "Nobody"} stands in from ${shortly(each.starts, now)} until ${shortly(each.ends, now)} `,
      act("Take back", () => remove("Take this back?", `/api/v1/notifications/rotas/${rota.id}/substitutions/${each.id}/`, this.changed))));
    const about = el("p", { class: "small quiet", text: `${shiftInWords(rota.shift_hours)} each, from ${rota.starts_at} (${rota.zone}): ${rota.members.join(", ") || "nobody"}` });
    return row(rota.name, [line, about, upcoming, ...standing], [
      act("Stand in", () => this.#standIn(rota, now), { "aria-label": `Have somebody stand in on ${rota.name}` }),
      act("Edit", () => this.#editRota(rota), { "aria-label": `Edit ${rota.name}` }),
      act("Delete", () => remove(`Delete the rota “${rota.name}”?`, `/api/v1/notifications/rotas/${rota.id}/`, this.changed), { "aria-label": `Delete ${rota.name}` }),
    ]);
  }

  #team(/** @type {Team} */ team) {
    return row(team.name, [el("p", { class: "small", text: team.members.join(", ") || "Nobody" })], [
      act("Edit", () => this.#editTeam(team), { "aria-label": `Edit ${team.name}` }),
      act("Delete", () => remove(`Delete the team “${team.name}”?`, `/api/v1/notifications/teams/${team.id}/`, this.changed), { "aria-label": `Delete ${team.name}` }),
    ]);
  }

  #editTeam(/** @type {Team|null} */ team) {
    ask({ title: team?.name ?? "New team", fields: [
      { name: "name", label: "Name", value: team?.name, attrs: { maxlength: "100" } },
      { name: "members", label: "Members", make: () => boxes("Members", this.people.map((value) => ({ value, label: value })), team?.members ?? []) },
    ], save: async (values) => {
      await (team ? send("PATCH", `/api/v1/notifications/teams/${team.id}/`, values) : send("POST", "/api/v1/notifications/teams/", values));
      await this.changed();
    } });
  }

  #editRota(/** @type {Rota|null} */ rota) {
    const today = localInput(Date.now()).slice(0, 10);
    ask({ title: rota?.name ?? "New rota", fields: [
      { name: "name", label: "Name", value: rota?.name, attrs: { maxlength: "100" }, wide: true },
      { name: "starts_on", label: "First shift on", type: "date", value: rota?.starts_on ?? today },
      { name: "starts_at", label: "At", type: "time", value: rota?.starts_at ?? "09:00" },
      { name: "shift_hours", label: "Hours of a shift", type: "number", value: rota?.shift_hours ?? 168, hint: "A week has 168; a shift begins at the same hour all year.", attrs: { min: "1" } },
      { name: "zone", label: "Time zone", value: rota?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, attrs: { list: "zones" } },
      { name: "members", label: "In this order", make: () => order(this.people, rota?.members ?? []) },
    ], save: async (values) => {
      await (rota ? send("PATCH", `/api/v1/notifications/rotas/${rota.id}/`, values) : send("POST", "/api/v1/notifications/rotas/", values));
      await this.changed();
    } });
  }

  #standIn(/** @type {Rota} */ rota, /** @type {number} */ now) {
    const people = [{ value: NOBODY, label: "nobody" }, ...this.people.map((value) => ({ value, label: value }))];
    ask({ title: `Stand in: ${rota.name}`, fields: [
      { name: "user", label: "Who", type: "select", options: people, value: this.people[0], wide: true },
      { name: "starts", label: "From", type: "datetime-local", value: localInput(now) },
      { name: "ends", label: "Until", type: "datetime-local", value: localInput(now + 86_400_000) },
    ], save: async ({ user, starts, ends }) => {
      const body = { user: user || null, starts: new Date(starts).getTime() || null, ends: new Date(ends).getTime() || null };
      await send("POST", `/api/v1/notifications/rotas/${rota.id}/substitutions/`, body);
      await this.changed();
    } });
  }
}

/** People in an order, some more than once. @param {string[]} people @param {string[]} chosen */
function order(people, chosen) {
  let now = [...chosen];
  const list = el("ol", { class: "order" });
  const choose = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { "aria-label": "Who comes next" } }, ...people.map((each) => el("option", { text: each, attrs: { value: each } }))));
  const show = () => list.replaceChildren(...now.map((name, at) => el("li", {}, name,
    act("↑", () => swap(at, at - 1), { "aria-label": `${name} earlier`, ...(at ? {} : { disabled: "" }) }),
    act("Remove", () => { now.splice(at, 1); show(); }, { "aria-label": `Remove ${name}` }))));
  const swap = (/** @type {number} */ from, /** @type {number} */ to) => {
    now.splice(to, 0, ...now.splice(from, 1));
    show();
  };
  show();
  const add = act("Add", () => { now = [...now, choose.value]; show(); });
  return { element: el("div", { class: "ordering" }, list, el("div", { class: "adding" }, choose, add)), read: () => now };
}
