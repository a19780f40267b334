/** The API reference: every operation of the OpenAPI document, by subject. */

import { byId, el, endTrouble, showTrouble } from "../page/element.js";
import { get } from "../page/rest.js";
import { operationRow } from "./operation.js";
import { t } from "../page/language.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

async function read() {
  try {
    show(await get("/api/v1/schema/"));
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), t("The reference could not be loaded. {message}", { message: /** @type {Error} */ (error).message }), read);
  }
}

/** @param {any} document as OpenAPI */
function show({ paths, components }) {
  /** @type {Map<string, Node[]>} */ const subjects = new Map();
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of METHODS.filter((one) => one in operations)) {
      const spec = operations[method];
      const [subject = t("Other")] = spec.tags ?? [];
      subjects.set(subject, [...(subjects.get(subject) ?? []), operationRow({ method, path, spec: { ...spec, parameters: [...(operations.parameters ?? []), ...(spec.parameters ?? [])] }, named: components.schemas })]);
    }
  }
  byId("reference").replaceChildren(...[...subjects].map(([subject, rows]) => el("section", { class: "card subject" }, el("h2", { text: subject }), el("ol", { class: "operations" }, ...rows))));
  narrow();
  openNamed();
}

/** Only operations with every word that is searched for. */
function narrow() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".subject"))) {
    const rows = /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll(".operations > li"));
    for (const row of rows) row.hidden = !words.every((/** @type {string} */ word) => row.querySelector("summary")?.textContent?.toLowerCase().includes(word));
    section.hidden = [...rows].every((row) => row.hidden);
  }
}

/** The address names an operation. */
function openNamed() {
  const named = /** @type {HTMLDetailsElement|null} */ (location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null);
  if (named?.tagName !== "DETAILS") return;
  named.open = true;
  named.scrollIntoView();
}

byId("search").addEventListener("input", narrow);
byId("reference").addEventListener("toggle", (/** @type {Event} */ event) => {
  const details = /** @type {HTMLDetailsElement} */ (event.target);
  if (details.open) history.replaceState(null, "", `#${details.id}`);
}, { capture: true });
addEventListener("hashchange", openNamed);
read();
