/** The page of alert rules: the list, the rule that is open, and what it would have done. */

import { AlertRuleForm } from "./rule-form.js";
import { AlertRuleList, targetsInWords } from "./list.js";
import { Assessment } from "./assessment.js";
import { byId, el, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { OpenRecord } from "../page/open-record.js";
import { showChanges } from "./changes.js";
import { showOffers, takeInFile } from "./offers.js";
import { humanise } from "../page/format.js";
import { send } from "../page/rest.js";
import { typing } from "../frame/frame.js";
import { t } from "../page/language.js";
import { followOthers } from "../page/theirs.js";
import { inTurn } from "../page/in-turn.js";

const TYPED = 300; // ms after the last key
const SOON = 1_000; // ms that gather events into one look at the list

/** @typedef {import("./list.js").AlertRule} AlertRule */

/** @type {OpenRecord<AlertRule>} */ const opened = new OpenRecord();
let begun = false; // what the address asks for is open
/** @type {any} */ let typed = 0;
/** @type {any} */ let looking = 0;

const list = new AlertRuleList({ chosen: (rule) => opened.leave() && show(rule), shown: follow });
const form = new AlertRuleForm(() => {
  opened.wrote();
  clearTimeout(typed);
  typed = setTimeout(assess, TYPED);
});
const assessment = new Assessment({
  draft: () => form.draft,
  limit: (field, value) => {
    opened.wrote();
    form.setLimit(field, value);
  },
  told: (errors) => form.showErrors(opened.record || opened.isWritten ? errors : {}),
  targets: showTargets,
});

function assess() {
  clearTimeout(typed);
  assessment.assess();
}

function showTargets(/** @type {{total: number, devices: number, targets: any[]}} */ found) {
  const ofSeries = form.draft.metric !== "";
  setText(byId("targets-count"), found.total ? targetsInWords(found, ofSeries) : t("Nothing fits now; what joins later will."));
  const rows = found.targets.map(({ name, device, metric }) => el("li", { class: "tag", text: metric ? `${name}, ${humanise(metric)}` : name, attrs: { title: metric ? `${device} ${metric}` : device } }));
  const more = found.total - found.targets.length;
  byId("targets-list").replaceChildren(...rows, ...(more > 0 ? [el("li", { class: "tag", text: t("and {more} more", { more }) })] : []));
}

/** @param {AlertRule|null} rule null: a new one @param {any} [begin] what it begins with */
function show(rule, begin = {}) {
  opened.open(rule);
  byId("nothing").hidden = byId("taken").hidden = true;
  byId("form").hidden = byId("replay").hidden = false;
  byId("page").classList.add("is-open"); // on a phone the list makes room
  byId("delete").hidden = byId("history").hidden = rule === null;
  byId("enable").hidden = rule?.enabled === true;
  byId("save").classList.toggle("main", rule?.enabled === true);
  byId("outcome").hidden = true;
  setText(byId("form-title"), rule?.name ?? t("New rule"));
  setText(byId("changed"), "");
  form.show(rule ?? begin);
  history.replaceState(null, "", rule ? `?rule=${rule.id}` : "?new");
  list.mark(rule?.id ?? null);
  assessment.begin();
  if (rule) showChanges(rule);
}

function hide() {
  opened.open(null);
  assessment.end();
  byId("nothing").hidden = false;
  for (const id of ["form", "replay", "history"]) byId(id).hidden = true;
  byId("page").classList.remove("is-open");
  showOffers(list.rules, read);
  history.replaceState(null, "", location.pathname);
  list.mark(null);
}

/** The list was read anew: the rule that is open is as it is now, unless somebody writes in it here. */
function follow(/** @type {AlertRule[]} */ rules) {
  const open = opened.record;
  if (open === null) {
    if (byId("form").hidden && begun) showOffers(rules, read);
    return;
  }
  if (byId("save").disabled) return; // it is being saved here
  followOthers(opened, rules, byId("changed"), { isSame: (now, was) => now.updated_at === was.updated_at, show, hide });
}

const read = inTurn(async () => {
  try {
    await list.read();
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), t("The alert rules could not be read. {message}", { message: /** @type {Error} */ (error).message }), read);
  }
});

function readSoon() {
  if (looking) return;
  looking = setTimeout(() => {
    looking = 0;
    if (!document.hidden) read();
  }, SOON);
}

/** @param {boolean} enabled */
async function save(enabled) {
  const body = { ...form.rule, enabled };
  for (const button of ["save", "enable"]) byId(button).disabled = true;
  let isOvertaken = false;
  const sent = opened.sent();
  const open = opened.record;
  try {
    const saved = open ? await send("PATCH", `/api/v1/alert-rules/${open.id}/`, { ...body, updated_at: open.updated_at }) : await send("POST", "/api/v1/alert-rules/", body);
    sent.saved(saved);
    await read();
    if (opened.record?.id !== saved.id || opened.isWritten) return toast(t("Saved."));
    show(saved);
    byId("outcome").hidden = false;
    byId("outcome").replaceChildren(el("span", { text: enabled ? t("Saved and on. It is judged within seconds.") : t("Saved. It is off: nothing is judged by it.") }));
  } catch (error) {
    const { body: said, message, status } = /** @type {import("../page/rest.js").RestError} */ (error);
    if (!sent.isStillOpen()) return toast(t("Not saved: {message}", { message }));
    isOvertaken = status === 409;
    form.showErrors(said && typeof said === "object" ? said : { "Not saved": message });
  } finally {
    for (const button of ["save", "enable"]) byId(button).disabled = false;
  }
  if (isOvertaken) await read(); // and says how to go on
}

function askToDelete() {
  const open = opened.record;
  if (!open) return;
  setText(byId("confirm-said"), open.firing ? t("“{name}” goes. Alerts it has raised stay, and the {firing} that stand now are cleared by nobody. Type its name to delete it.", { name: open.name, firing: open.firing }) : t("“{name}” goes. Alerts it has raised stay. Type its name to delete it.", { name: open.name }));
  byId("confirm-name").value = "";
  byId("confirm-do").disabled = true;
  byId("confirm").showModal();
}

async function remove() {
  byId("confirm").close();
  if (!opened.record) return;
  const { id, name } = opened.record;
  try {
    await send("DELETE", `/api/v1/alert-rules/${id}/`);
    toast(t("“{name}” is deleted.", { name }));
    if (opened.record?.id === id) hide();
    await read();
  } catch (error) {
    form.showErrors({ "Not deleted": /** @type {Error} */ (error).message });
  }
}

byId("new").addEventListener("click", () => {
  if (!opened.leave()) return;
  show(null);
  /** @type {HTMLElement} */ (document.querySelector("[name=name]")).focus();
});
byId("close").addEventListener("click", () => opened.leave() && hide());
byId("taken-close").addEventListener("click", () => (byId("taken").hidden = true));
byId("delete").addEventListener("click", askToDelete);
byId("confirm-name").addEventListener("input", () => (byId("confirm-do").disabled = byId("confirm-name").value.trim() !== opened.record?.name));
byId("confirm-form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  if (!byId("confirm-do").disabled) remove();
});
byId("enable").addEventListener("click", () => save(true));
byId("form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  save(opened.record?.enabled ?? false);
});
byId("import").addEventListener("click", () => byId("import-file").click());
byId("import-file").addEventListener("change", () => {
  const [file] = byId("import-file").files;
  if (file) takeInFile(file, read);
  byId("import-file").value = "";
});
byId("zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => el("option", { attrs: { value: zone } })));
document.addEventListener("keydown", (event) => {
  if (!typing(event) && event.key === "n") {
    event.preventDefault();
    byId("new").click();
  }
});
addEventListener("beforeunload", (event) => opened.isWritten && event.preventDefault());
document.addEventListener("visibilitychange", () => !document.hidden && read());

const query = new URLSearchParams(location.search);
await keepRead(["alert_rules", "alert"], readSoon, read);
const wanted = list.rules.find((rule) => String(rule.id) === query.get("rule"));
begun = true;
if (wanted) show(wanted);
else if (query.has("new")) show(null, Object.fromEntries(["metric", "device"].map((name) => [name, query.get(name)])));
else hide();
