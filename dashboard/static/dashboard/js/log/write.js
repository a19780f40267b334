/** A field to write in the log from any page: about what one looks at, or as a note on charts. */

import { byId, el, icon, toast } from "../page/element.js";
import { Composer } from "./composer.js";
import { fieldInstant, fieldText } from "../time/time-field.js";
import { get } from "../page/rest.js";
import { outbox } from "./desk.js";
import { roleAt } from "../page/role.js";
import { shownBy, viewOf } from "./views.js";
import { t } from "../page/language.js";

/**
 * What the page says of itself, so that one need not choose: the device or site it is of, and its window.
 * @type {{device: {uid: string, name: string, site: {slug: string, name: string}|null}|null, bounds: (() => {from: number, to: number})|null}}
 */
export const page = { device: null, bounds: null };

/** The present view, as it is now. */
export const viewHere = () => viewOf(location, page.bounds?.() ?? null);

/** Whether one may write there. @param {string|null} site */
const writesAt = (site) => !["", "viewer"].includes(roleAt(site));

/** @type {HTMLDialogElement|null} */ let dialog = null;

/** @param {{starts?: number|null, ends?: number|null, view?: string}} what */
export async function write({ starts = null, ends = null, view = "" }) {
  if (!dialog) {
    dialog = /** @type {HTMLDialogElement} */ (el("dialog", { class: "write", attrs: { "aria-labelledby": "write-title" } }));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog?.close());
    document.body.append(dialog);
  }
  const box = dialog;
  if (document.body.dataset.role === "viewer") return; // who writes nothing
  const note = starts !== null;
  const { device } = page;
  /** @type {[string, string, import("./drafts.js").Place][]} */ const places = device
    ? [[device.name, "device", { device: device.uid }], ...(device.site ? [/** @type {[string, string, any]} */ ([device.site.name, "site", { site: device.site.slug }])] : []), ...(writesAt(null) ? [/** @type {[string, string, any]} */ ([t("Everything"), "all", { site: null }])] : [])]
    : [[t("Everything"), "all", { site: null }]];
  const choice = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { "aria-label": t("About") } }, ...places.map(([text, value]) => el("option", { text, attrs: { value } }))));
  const composer = new Composer({ ...places[0][2], note }, {
    label: note ? t("What happened") : t("Write in the log"), choice, view: note ? undefined : viewHere,
    sent: () => {
      box.close();
      toast(t("It is on its way to the log."));
    },
  });
  choice.addEventListener("change", () => composer.moveTo({ ...(places.find(([, value]) => value === choice.value) ?? places[0])[2], note }));
  const times = note ? [noteTimes(composer, starts, ends)] : [];
  composer.attach({ starts, ends, ...(view || composer.attached.view ? { view: view || composer.attached.view } : {}) });
  box.replaceChildren(el("header", {}, el("h2", { text: note ? t("Note on the charts") : t("Write in the log"), attrs: { id: "write-title" } }),
    el("button", { class: "button bare square", attrs: { "aria-label": t("Close") }, on: { click: () => box.close() } }, icon("i-close"))), ...times, composer.element);
  box.showModal();
  composer.field.focus();
  if (device) return;
  try {
    const { results } = await get("/api/v1/sites/?page_size=1000");
    const here = shownBy(location.pathname).of;
    for (const { slug, name } of results.filter((/** @type {{slug: string}} */ site) => writesAt(site.slug))) {
      places.push([name, `site:${slug}`, { site: slug }]);
      choice.append(el("option", { text: name, attrs: { value: `site:${slug}` } }));
      if (slug === here) choice.value = `site:${slug}`;
    }
    if (!writesAt(null) && choice.options.length > 1) choice.remove(0);
    choice.dispatchEvent(new Event("change"));
  } catch {
    // What is for all can be written all the same.
  }
}

/** About what this page shows. */
export const writeHere = () => write({ view: viewHere() });

/** From when, and until when: what a chart marked, to the second it was marked at unless somebody changes it.
 * @param {Composer} composer @param {number|null} starts @param {number|null} ends */
function noteTimes(composer, starts, ends) {
  const field = (/** @type {string} */ text, /** @type {number|null} */ at, /** @type {(at: number|null) => void} */ changed) => {
    const input = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { type: "datetime-local", step: "1" } }));
    if (at !== null) input.value = fieldText(at, { seconds: true });
    input.addEventListener("change", () => changed(fieldInstant(input.value)));
    return el("label", {}, el("span", { text }), input);
  };
  return el("div", { class: "note-times" }, field(t("At, or from"), starts, (at) => at !== null && composer.attach({ starts: at })), field(t("Until (nothing: an instant)"), ends, (at) => composer.attach({ ends: at })));
}

outbox.addEventListener("changed", () => {
  const lost = outbox.all.find(({ failed }) => failed !== null);
  const known = byId("toasts").dataset.unsent;
  if (lost && known !== lost.written.client_id) {
    byId("toasts").dataset.unsent = lost.written.client_id;
    toast(t("Not saved in the log: {why} It is kept in this browser and tried again.", { why: lost.failed ?? "" }));
  }
});
