/** What can be taken on with one button: ready-made rules, the lines on charts, the rules of a file. */

import { byId, el, setText, showTrouble, toast } from "../page/element.js";
import { counted } from "../page/format.js";
import { get, send } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { newest } from "../page/newest.js";
import { recognised, t } from "../page/language.js";

/** @typedef {{name: string, applies: string, holds: string}} Taken @typedef {{name: string, said: string}} Said */

/** those there are, and what reads the list when some are added @type {{rules: {name: string}[], read: () => void}} */ let now = { rules: [], read: () => {} };
/** ready-made rules that the viewer does not want: the list is drawn anew whenever any rule or alert changes @type {Set<string>} */ const unticked = new Set();

const readOffers = inTurn(async () => {
  let lines, ready;
  try {
    [lines, ready] = await Promise.all([get("/api/v1/alert-rules/lines/"), get("/api/v1/alert-rules/ready-made/")]);
  } catch {
    return; // the list says what is wrong
  }
  const { rules, read } = now;
  byId("offers").replaceChildren(...(ready.rules.length ? [readyMade(ready.rules, read)] : []), ...(lines.rules.length ? [ofLines(lines, read)] : []), ...(rules.length ? [] : [el("p", { class: "quiet", text: t("A file of rules can be imported: Pulseboard’s own, or Prometheus’.") })]));
});

/** Offered while no rule is open. @param {{name: string}[]} rules those there are @param {() => void} read the list, when some are added */
export function showOffers(rules, read) {
  now = { rules, read };
  return readOffers();
}

function readyMade(/** @type {any[]} */ rules, /** @type {() => void} */ read) {
  const rows = rules.map((rule) => el("li", {}, el("label", {}, el("input", { attrs: { type: "checkbox", value: rule.ready_made, ...(unticked.has(rule.ready_made) ? {} : { checked: "" }) } }),
    el("span", {}, el("b", { text: rule.name }), el("span", { class: "soft", text: ` ${rule.applies}: ${rule.holds}` })))));
  const list = el("ul", {}, ...rows);
  list.addEventListener("change", (event) => {
    const { value, checked } = /** @type {HTMLInputElement} */ (event.target);
    unticked[checked ? "delete" : "add"](value);
  });
  const take = el("button", { class: "button main", text: t("Switch these on"), attrs: { type: "button" } });
  take.addEventListener("click", async () => {
    const chosen = [...list.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);
    try {
      const { created } = await send("POST", "/api/v1/alert-rules/ready-made/", { ready_made: chosen });
      toast(t("{created} on.", { created: counted(created, "rule") }));
      read();
    } catch (error) {
      showTrouble(byId("trouble"), t("No rule was made. {message}", { message: /** @type {Error} */ (error).message }), () => take.click());
    }
  });
  return el("section", {}, el("h3", { text: t("Ready-made rules") }), list, take);
}

function ofLines(/** @type {any} */ lines, /** @type {() => void} */ read) {
  const look = el("button", { class: "button", text: t("Make rules of them"), attrs: { type: "button" } });
  look.addEventListener("click", () => showTaken(t("Lines on charts as rules"), lines, async () => {
    try {
      const { created } = await send("POST", "/api/v1/alert-rules/lines/");
      byId("taken").hidden = true;
      toast(t("{created} made. They are off until you switch them on.", { created: counted(created, "rule") }));
      read();
    } catch (error) {
      told(t("No rule was made. {message}", { message: /** @type {Error} */ (error).message }));
    }
  }));
  return el("section", {}, el("h3", { text: t("Lines on the charts of {devices} can become rules", { devices: counted(lines.devices, "device") }) }),
    el("p", { text: t("The lines stay. The rules are off until you have seen what they would have done.") }), look);
}

/** Of several files the last that was chosen counts. */
export const takeInFile = newest(async (/** @type {File} */ file, /** @type {() => void} */ _read) => {
  const text = await file.text();
  const ask = (/** @type {boolean} */ dry) => send("POST", "/api/v1/alert-rules/import/", { text, dry_run: dry });
  return { ask, found: await ask(true) };
}, ({ ask, found }, file, read) => showTaken(file.name, found, async () => {
  try {
    const { created, changed } = await ask(false);
    byId("taken").hidden = true;
    toast(t("{created} added, {changed} changed.", { created, changed }));
    read();
  } catch (error) {
    told(t("Nothing was taken in. {message}", { message: /** @type {Error} */ (error).message }));
  }
}), (error) => told(t("Nothing was taken in. {saying}", { saying: saying(error) })));

/** Mistakes in a file are nested. */
function saying(/** @type {{message: string, body: any}} */ { message, body }) {
  /** @type {(said: any) => string} */ const inner = (said) => (said !== null && typeof said === "object" && !Array.isArray(said)
    ? Object.entries(said).map(([name, what]) => `${name}: ${inner(what)}`).join(" ") : [said].flat().join(" "));
  return body && typeof body === "object" ? inner(body).replace(/^text: /, "") : message;
}

const told = (/** @type {string} */ what) => showTrouble(byId("trouble"), what, () => byId("import-file").click(), t("Choose a file"));

/**
 * What would become of a file or of lines, and the button that does it.
 * @param {string} title @param {{rules: Taken[], refused?: Said[], notes?: Said[], skipped?: Said[]}} found @param {() => void} act
 */
function showTaken(title, found, act) {
  setText(byId("taken-title"), title);
  const part = (/** @type {string} */ head, /** @type {HTMLElement[]} */ rows) => (rows.length ? [el("h3", { text: head }), el("ul", {}, ...rows)] : []);
  const said = (/** @type {Said} */ one) => el("li", {}, el("b", { text: one.name || t("The file") }), ` ${recognised(one.said)}`);
  const refused = [...(found.refused ?? []), ...(found.skipped ?? [])];
  byId("taken-said").replaceChildren(el("div", { class: "said" },
    ...part(counted(found.rules.length, "rule"), found.rules.map((rule) => el("li", {}, el("b", { text: rule.name }), ` ${rule.applies}: ${rule.holds}`))),
    ...part(t("{refused}, and why not", { refused: counted(refused.length, "other") }), refused.map(said)),
    ...part(t("Left out or written in another way"), (found.notes ?? []).map(said))));
  byId("taken-do").hidden = !found.rules.length;
  byId("taken-do").onclick = act;
  byId("taken").hidden = false;
  byId("taken-close").focus();
}
