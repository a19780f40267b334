/** What is wrong with a form, each mistake beside its field. */

import { byId, el } from "./element.js";
import { recognised } from "./language.js";

/**
 * These and no others; what has no field stands in the list `errors`.
 * @param {HTMLFormElement} form whose fields are named by `data-field` @param {[string, string][]} mistakes by field
 * @param {(name: string) => string} [word] what the list calls a field
 */
export function showMistakes(form, mistakes, word = (name) => name) {
  for (const shown of form.querySelectorAll(".error")) shown.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  const told = mistakes.map(([name, said]) => /** @type {[string, string]} */ ([name, recognised(said)]));
  const left = told.filter(([name, said]) => !showBeside(form, name, said));
  byId("errors").hidden = left.length === 0;
  byId("errors").replaceChildren(...left.map(([name, said]) => el("li", { text: name ? `${word(name)}: ${said}` : said })));
}

/** Whether there is a field to show it beside. */
function showBeside(/** @type {HTMLFormElement} */ form, /** @type {string} */ name, /** @type {string} */ said) {
  const field = /** @type {HTMLElement|null} */ (form.querySelector(`[data-field="${CSS.escape(name)}"]:not(div)`));
  if (!field || field.closest("[hidden]")) return false;
  const fold = field.closest("details");
  if (fold) fold.open = true;
  const id = `error-${name}`;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
  field.after(el("span", { class: "error", text: said, attrs: { id } }));
  return true;
}
