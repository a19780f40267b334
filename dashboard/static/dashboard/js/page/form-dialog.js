/** A form in a dialog, made of a list of fields; each mistake the server names stands beside its field. */

import { byId, el, toast } from "./element.js";
import { t } from "./language.js";

/**
 * @typedef {{name: string, label: string, type?: string, value?: any, hint?: string, options?: {value: string, label: string}[],
 *   attrs?: Record<string, string>, wide?: boolean, make?: () => {element: HTMLElement, read: () => any}}} Field
 *   `make`: a field of its own making
 */

/** What a field is, and how its value is read. @param {Field} field @returns {{element: HTMLElement, read: () => any}} */
export function input(field) {
  if (field.make) return field.make();
  const attrs = { name: field.name, autocomplete: "off", ...field.attrs };
  if (field.type === "select") {
    const element = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs }, ...(field.options ?? []).map(({ value, label }) =>
      el("option", { text: label, attrs: { value, ...(value === String(field.value ?? "") ? { selected: "" } : {}) } }))));
    return { element, read: () => element.value };
  }
  if (field.type === "check") {
    const element = /** @type {HTMLInputElement} */ (el("input", { attrs: { ...attrs, type: "checkbox" } }));
    element.checked = Boolean(field.value);
    return { element, read: () => element.checked };
  }
  const area = field.type === "textarea";
  const element = /** @type {HTMLInputElement} */ (el(area ? "textarea" : "input", { class: "field", attrs: { ...attrs, ...(area ? {} : { type: field.type ?? "text" }) } }));
  element.value = field.value ?? "";
  return { element, read: () => (field.type === "number" ? (element.value === "" ? null : Number(element.value)) : element.value) };
}

/** Boxes to tick. @param {string} label @param {{value: string, label: string}[]} options @param {string[]} chosen */
export function boxes(label, options, chosen) {
  const rows = options.map(({ value, label: word }) => {
    const box = /** @type {HTMLInputElement} */ (el("input", { attrs: { type: "checkbox", value } }));
    box.checked = chosen.includes(value);
    return { box, row: el("label", { class: "box" }, box, word) };
  });
  const element = el("div", { class: "boxes", attrs: { role: "group", "aria-label": label } }, ...rows.map(({ row }) => row));
  if (!rows.length) element.append(el("span", { class: "quiet", text: t("There is nothing to choose yet.") }));
  return { element, read: () => rows.filter(({ box }) => box.checked).map(({ box }) => box.value) };
}

/** The complaints of a refused request by dotted field. @param {any} body @param {string} [before] @returns {Record<string, string>} */
export function complaints(body, before = "") {
  /** @type {Record<string, string>} */ const found = {};
  for (const [name, said] of Object.entries(body ?? {})) {
    const at = before ? `${before}.${name}` : name;
    if (Array.isArray(said) && said.every((each) => typeof each === "string")) found[at] = said.join(" ");
    else if (typeof said === "object") Object.assign(found, complaints(said, at));
    else found[at] = String(said);
  }
  return found;
}

/** Ask for the fields and save them; stays open until the server has taken them.
 * @param {{title: string, fields: Field[], save: (values: Record<string, any>) => Promise<any>, saved?: (answer: any) => any, act?: string, drawer?: boolean,
 *   other?: {text: string, act: () => void}}} wanted `saved`: what follows then, with what `save` gave. It is not part of
 *   `save`: a list that cannot be read again must not say that nothing was saved. `other`: what may be done instead */
export function ask({ title, fields, save, saved = () => null, act = t("Save"), drawer = false, other }) {
  const dialog = byId("form-dialog");
  dialog.classList.toggle("is-drawer", drawer);
  byId("form-dialog-close").onclick = () => dialog.close();
  const made = fields.map((field) => ({ field, ...input(field) }));
  const errors = el("ul", { class: "wrong", attrs: { role: "alert", hidden: "" } });
  const button = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: act }));
  const rows = made.map(({ field, element }) => {
    const inner = [el("span", { text: field.label }), element, ...(field.hint ? [el("span", { class: "hint", text: field.hint })] : [])];
    return el(field.make ? "div" : "label", { class: `${field.type === "check" ? "check" : ""}${field.wide || field.make ? " wide-field" : ""}`, data: { field: field.name } }, ...inner);
  });
  const form = el("form", { attrs: { novalidate: "" } }, el("div", { class: "fields" }, ...rows), errors,
    el("footer", {}, button, el("button", { class: "button", text: t("Cancel"), attrs: { type: "button" }, on: { click: () => dialog.close() } }),
      ...(other ? [el("button", { class: "button push", text: other.text, attrs: { type: "button" }, on: { click: () => { dialog.close(); other.act(); } } })] : [])));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    for (const shown of form.querySelectorAll(".error")) shown.remove();
    errors.hidden = true;
    let answer;
    try {
      answer = await save(Object.fromEntries(made.map(({ field, read }) => [field.name, read()])));
    } catch (error) {
      return showErrors(form, errors, /** @type {import("./rest.js").RestError} */ (error));
    } finally {
      button.disabled = false;
    }
    dialog.close();
    try {
      await saved(answer);
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
  });
  byId("form-dialog-title").textContent = title;
  byId("form-dialog-body").replaceChildren(form);
  dialog.showModal();
  /** @type {HTMLElement|null} */ (form.querySelector("input, select, textarea"))?.focus();
}

/** @param {HTMLElement} form @param {HTMLElement} errors @param {import("./rest.js").RestError} error */
export function showErrors(form, errors, error) {
  const told = Object.entries(complaints(error.body));
  const left = told.filter(([name, said]) => {
    const row = form.querySelector(`[data-field="${CSS.escape(name)}"]`) ?? form.querySelector(`[data-field="${CSS.escape(name.split(".")[0])}"]`);
    row?.append(el("span", { class: "error", text: said }));
    return !row;
  });
  errors.replaceChildren(...(told.length ? left.map(([name, said]) => said && el("li", { text: name === "detail" ? said : `${name}: ${said}` })) : [el("li", { text: error.message })]));
  errors.hidden = !errors.childElementCount;
}
