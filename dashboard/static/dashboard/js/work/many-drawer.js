/** Change what is selected, all or none. */

import { complaints } from "../page/form-dialog.js";
import { Drawer } from "./drawer.js";
import { EditForm } from "./edit-form.js";
import { el, toast } from "../page/element.js";
import { number } from "../page/format.js";
import { removeDevices } from "./undo.js";
import { RestError, send } from "../page/rest.js";
import { siteOptions } from "./device-fields.js";
import { t, tn } from "../page/language.js";

const KEEP = "\u0000"; // a choice that leaves a field as it is; no slug has it

/** @param {{value: any, label: string}[]} sites @returns {import("./edit-form.js").Field[]} */
const FIELDS = (sites) => [
  { name: "add_tags", label: t("Add tags"), type: "tags", hint: t("With commas between") },
  { name: "remove_tags", label: t("Take tags away"), type: "tags", hint: t("With commas between") },
  { name: "site", label: t("Site"), type: "select", options: [{ value: KEEP, label: t("As it is") }, ...sites] },
  { name: "kind", label: t("Kind"), attrs: { maxlength: "64", placeholder: t("As it is") } },
  { name: "expected_interval", label: t("Speaks every (s)"), type: "number", attrs: { min: "0.05", placeholder: t("As it is") } },
  { name: "enabled", label: t("Its messages are stored"), type: "select", options: [{ value: KEEP, label: t("As it is") }, { value: true, label: t("yes") }, { value: false, label: t("no: disabled") }] },
];
const START = { add_tags: [], remove_tags: [], site: KEEP, kind: "", expected_interval: null, enabled: KEEP };

/** @param {string[]} uids @param {() => void} done told when they are changed */
async function openMany(uids, done) {
  const n = number(uids.length, 0);
  /** @type {EditForm|null} */ let form = null;
  const drawer = new Drawer(tn("Change {n} device", "Change {n} devices", uids.length, { n }), { isDirty: () => Boolean(form?.isDirty) });
  const wrong = el("ul", { class: "wrong work-problems", attrs: { role: "alert", hidden: "" } });
  const complain = (/** @type {string[]} */ said) => {
    wrong.replaceChildren(...said.map((text) => el("li", { text })));
    wrong.hidden = said.length === 0;
  };
  const act = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: tn("Change {n} device", "Change {n} devices", uids.length, { n }), attrs: { disabled: "" } }));
  let isSaving = false; // to write on meanwhile makes no second change beside it
  const touched = () => { act.disabled = isSaving || !form?.isDirty; };
  drawer.body.append(wrong, el("p", { class: "quiet", text: t("Loading") }));
  drawer.foot(act, el("button", { class: "button", text: t("Cancel"), on: { click: () => drawer.leave() } }));
  act.addEventListener("click", async () => {
    if (!form) return;
    isSaving = true;
    touched();
    try {
      const { total, missing } = await send("POST", "/api/v1/device-changes/", { uids, ...form.changes });
      const gone = missing.length ? ` ${t("Not there any more: {names}.", { names: missing.join(", ") })}` : "";
      toast(tn("{n} device is changed.", "{n} devices are changed.", total, { n: number(total, 0) }) + gone);
      form = null;
      drawer.close();
      done();
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      complain(error.status === 400 && form ? form.complain(complaints(error.body)) : [`${t("Nothing was changed.")} ${error.message}`]);
    } finally {
      isSaving = false;
      touched();
    }
  });
  try {
    const sites = await siteOptions();
    form = new EditForm(FIELDS(sites), touched);
    form.show(START);
    drawer.body.replaceChildren(wrong, el("p", { class: "soft", text: t("What you leave empty stays as it is. All are changed, or none.") }), form.element);
  } catch (error) {
    complain([/** @type {Error} */ (error).message]);
  }
}

/** The buttons of the selection bar. @param {() => Iterable<string>} selected @param {() => void} clear */
export function wireMany(selected, clear) {
  document.getElementById("selection-edit")?.addEventListener("click", () => openMany([...selected()], clear));
  document.getElementById("selection-delete")?.addEventListener("click", async () => {
    try {
      await removeDevices([...selected()]);
      clear();
    } catch (error) {
      toast(`${t("Not deleted.")} ${/** @type {Error} */ (error).message}`);
    }
  });
}
