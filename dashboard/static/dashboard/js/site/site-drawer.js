/** A site made, changed or deleted, in a drawer beside the page. */

import { ask } from "../page/form-dialog.js";
import { askAgain, stopAsking } from "../page/gone.js";
import { el } from "../page/element.js";
import { send } from "../page/rest.js";
import { t } from "../page/language.js";

/** @typedef {{slug: string, name: string, zone: string, address: string, contact: string, phone: string, email: string, notes: string}} Site */

const NOTHING = { slug: "", name: "", zone: "", address: "", contact: "", phone: "", email: "", notes: "" };
const LONGEST = 64; // characters of a slug
const MOST = 20; // sites of one name

/** @param {string} slug */
export const sitePath = (slug) => `/api/v1/sites/${encodeURIComponent(slug)}/`;

/** "Harbour plant, 2" as "harbour-plant-2"; letters that have a mark lose it. @param {string} name */
export function slugOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, LONGEST).replace(/-+$/, "");
}

/** A field with the zones the browser knows. @param {string} value */
function zoneField(value) {
  const list = el("datalist", { attrs: { id: "zones" } }, ...(Intl.supportedValuesOf?.("timeZone") ?? []).map((zone) => el("option", { attrs: { value: zone } })));
  const input = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { name: "zone", list: "zones", autocomplete: "off", spellcheck: "false", "aria-label": t("Time zone") } }));
  input.value = value;
  return { element: el("div", {}, input, list), read: () => input.value.trim() };
}

/** @param {Site} site @returns {import("../page/form-dialog.js").Field[]} */
function fields(site) {
  return [
    { name: "name", label: t("Name"), value: site.name, attrs: { maxlength: "120", required: "" }, wide: true },
    { name: "address", label: t("Address"), value: site.address, attrs: { maxlength: "300" }, wide: true },
    { name: "contact", label: t("Whom to call there"), value: site.contact, attrs: { maxlength: "120" } },
    { name: "phone", label: t("Telephone"), type: "tel", value: site.phone, attrs: { maxlength: "40" } },
    { name: "email", label: t("E-mail"), type: "email", value: site.email, attrs: { maxlength: "254" }, wide: true },
    { name: "zone", label: t("Time zone"), hint: t("Empty: each viewer's own."), make: () => zoneField(site.zone) },
    { name: "notes", label: t("Notes"), type: "textarea", value: site.notes, attrs: { rows: "5", maxlength: "10000" }, wide: true },
  ];
}

/** @param {(site: Site) => void} made */
export function openNewSite(made) {
  ask({
    title: t("New site"), drawer: true, act: t("Create"), fields: fields(NOTHING),
    save: create, saved: made,
  });
}

/** Two sites may have one name, but not one address. @param {any} values */
async function create(values) {
  const slug = slugOf(values.name) || "site";
  for (let n = 1; ; n++) {
    try {
      return await send("POST", "/api/v1/sites/", { ...values, slug: n === 1 ? slug : `${slug.slice(0, LONGEST - 4)}-${n}` });
    } catch (error) {
      const said = Object.keys(/** @type {import("../page/rest.js").RestError} */ (error).body ?? {});
      if (n === MOST || said.join() !== "slug") throw error;
    }
  }
}

/** @param {Site} site as it is @param {(site: Site) => void} changed @param {() => void} deleted */
export function openSite(site, changed, deleted) {
  ask({
    title: site.name, drawer: true, fields: fields(site), other: { text: t("Delete …"), act: () => askDelete(site, deleted) },
    save: async (values) => {
      // Only what was changed here: what somebody else changed meanwhile stays, or is told of.
      const edited = Object.entries(values).filter(([name, value]) => value !== /** @type {any} */ (site)[name]);
      const was = Object.fromEntries(edited.map(([name]) => [name, /** @type {any} */ (site)[name]]));
      return edited.length ? send("PATCH", sitePath(site.slug), { ...Object.fromEntries(edited), was }) : site;
    },
    saved: changed,
  });
}

function askDelete(/** @type {Site} */ site, /** @type {() => void} */ deleted) {
  ask({
    title: t("Delete {name}", { name: site.name }), act: t("Delete"),
    fields: [{ name: "typed", label: t("Type its name: {name}", { name: site.name }), wide: true, hint: t("Its devices stay, without a site.") }],
    save: async ({ typed }) => {
      if (typed.trim() !== site.name.trim()) throw Object.assign(new Error(), { body: { typed: [t("This is not its name.")] } });
      stopAsking("site", site.slug);
      try {
        await send("DELETE", sitePath(site.slug));
      } catch (error) {
        askAgain("site", site.slug);
        throw error;
      }
    },
    saved: deleted,
  });
}
