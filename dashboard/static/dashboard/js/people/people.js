/** People and what they may do: given, changed and taken by those who administer there. */

import { age } from "../page/format.js";
import { ask } from "../page/form-dialog.js";
import { byId, el, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { keepRead } from "../live/live.js";
import { number } from "../page/format.js";
import { serverNow } from "../time/clock.js";
import { t, tn } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

const REFRESH = 60_000; // ms
const EVERYWHERE = ""; // of a form: every site

/** @typedef {{role: "viewer"|"operator"|"administrator", site: string|null, site_name: string|null}} Grant
 * @typedef {{id: number, name: string, active: boolean, superuser: boolean, signed_in: number|null, grants: Grant[]}} Person */

const ROLES = { viewer: t("Viewer"), operator: t("Operator"), administrator: t("Administrator") };
const SITES = /** @type {{slug: string, name: string}[]} */ (JSON.parse(byId("people-sites").textContent ?? "[]"));
const ALL = JSON.parse(byId("people-everywhere").textContent ?? "false");

/** @type {Person[]} */ let people = [];

const read = inTurn(async () => {
  try {
    ({ people } = await get("/api/v1/people/"));
    show();
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), t("The people could not be read. {why}", { why: /** @type {Error} */ (error).message }), read);
  } finally {
    byId("progress").hidden = true;
  }
});

/** Does it, and reads the list again. @param {() => Promise<any>} work */
async function carryOut(work) {
  try {
    await work();
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
  await read();
}

/** Whether the one who looks may change it. @param {Grant} grant */
const mine = (grant) => ALL || (grant.site !== null && SITES.some(({ slug }) => slug === grant.site));
const words = (/** @type {Grant} */ grant) => t("{role} · {where}", { role: ROLES[grant.role], where: grant.site_name ?? t("every site") });

function show() {
  const wanted = /** @type {HTMLInputElement} */ (byId("find")).value.trim().toLowerCase();
  const found = people.filter(({ name }) => name.toLowerCase().includes(wanted));
  const focused = document.activeElement?.getAttribute("data-key");
  byId("people").removeAttribute("aria-busy");
  setText(byId("count"), tn("{n} person", "{n} people", people.length, { n: number(people.length, 0) }));
  byId("none").hidden = found.length > 0;
  byId("people").replaceChildren(...found.map(row));
  if (focused) /** @type {HTMLElement|null} */ (byId("people").querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
}

function row(/** @type {Person} */ person) {
  const seen = person.signed_in === null ? t("never signed in") : t("signed in {age} ago", { age: age(serverNow() - person.signed_in) });
  const roles = person.grants.map((grant) => {
    const key = `role-${person.id}-${grant.site}`;
    return mine(grant)
      ? el("button", { class: "button tiny", text: words(grant), attrs: { "data-key": key, "aria-label": t("Change {role} of {name}", { role: words(grant), name: person.name }) }, on: { click: () => change(person, grant) } })
      : el("span", { class: "soft", text: words(grant) });
  });
  if (person.superuser) roles.unshift(el("span", { class: "soft", text: t("Superuser: administers everything") }));
  if (!roles.length) roles.push(el("span", { class: "quiet", text: t("No role: sees nothing") }));
  const does = [el("button", { class: "button tiny", text: t("Give a role"), attrs: { "data-key": `give-${person.id}`, "aria-label": `${t("Give a role")}: ${person.name}` }, on: { click: () => give(person) } })];
  if (ALL) {
    const label = person.active ? t("Deactivate") : t("Let in again");
    does.push(el("button", { class: "button tiny", text: label, attrs: { "data-key": `active-${person.id}`, "aria-label": `${label}: ${person.name}` }, on: { click: () => switchActive(person) } }));
  }
  return el("li", { class: person.active ? "" : "out" }, el("div", { class: "who" }, el("b", { text: person.name }),
    el("span", { class: "small quiet", text: person.active ? seen : t("deactivated") })), el("div", { class: "roles" }, ...roles), el("div", { class: "does" }, ...does));
}

/** @param {string} value */
const roleField = (value) => ({ name: "role", label: t("Role"), type: "select", value, wide: true, options: Object.entries(ROLES).map(([word, label]) => ({ value: word, label })) });
const siteField = () => ({ name: "site", label: t("Where"), type: "select", value: EVERYWHERE, wide: true,
  options: [...(ALL ? [{ value: EVERYWHERE, label: t("every site") }] : []), ...SITES.map(({ slug, name }) => ({ value: slug, label: name }))] });

function give(/** @type {Person|null} */ person) {
  ask({
    title: person ? t("Give {name} a role", { name: person.name }) : t("Give a role"), act: t("Give"),
    fields: [...(person ? [] : [{ name: "name", label: t("Account"), wide: true, hint: t("Who has no account yet is invited: on your account's page.") }]), roleField("viewer"), siteField()],
    save: ({ name, role, site }) => {
      const given = { role, site: site || null };
      return person ? send("PUT", `/api/v1/people/${person.id}/grants/`, given) : send("POST", "/api/v1/people/", { ...given, name: name.trim() });
    },
    saved: read,
  });
}

function change(/** @type {Person} */ person, /** @type {Grant} */ grant) {
  const query = grant.site === null ? "" : `?site=${encodeURIComponent(grant.site)}`;
  ask({
    title: t("{name} · {where}", { name: person.name, where: grant.site_name ?? t("every site") }),
    fields: [roleField(grant.role)],
    save: ({ role }) => send("PUT", `/api/v1/people/${person.id}/grants/`, { role, site: grant.site }),
    saved: read,
    other: { text: t("Take the role away"), act: () => carryOut(() => send("DELETE", `/api/v1/people/${person.id}/grants/${query}`)) },
  });
}

function switchActive(/** @type {Person} */ person) {
  if (!person.active) {
    carryOut(() => send("PATCH", `/api/v1/people/${person.id}/`, { active: true }));
    return;
  }
  ask({
    title: t("Deactivate {name}", { name: person.name }), act: t("Deactivate"),
    fields: [{ name: "typed", label: t("Type the name to deactivate it"), wide: true, hint: t("Sessions and tokens of this account end at once. What it wrote stays.") }],
    save: async ({ typed }) => {
      if (typed.trim() !== person.name) throw Object.assign(new Error(), { body: { typed: [t("This is another one.")] } });
      await send("PATCH", `/api/v1/people/${person.id}/`, { active: false });
    },
    saved: read,
  });
}

byId("give").addEventListener("click", () => give(null));
byId("find").addEventListener("input", show);
keepRead(["people"], read);
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(() => !document.hidden && read(), REFRESH);
