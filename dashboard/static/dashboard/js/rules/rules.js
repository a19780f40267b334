/** The rules page: the list, the rule that is open, and what becomes of messages under it. */

import { NOTHING, outcome, replay } from "../quarantine/replay.js";
import { byId, el, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { OpenRecord } from "../page/open-record.js";
import { counted, number } from "../page/format.js";
import { Preview } from "./preview.js";
import { send } from "../page/rest.js";
import { RuleForm } from "./rule-form.js";
import { RuleList } from "./rule-list.js";
import { typing } from "../frame/frame.js";
import { t } from "../page/language.js";
import { canonical, followOthers } from "../page/theirs.js";
import { inTurn } from "../page/in-turn.js";

/** @typedef {import("./rule-list.js").Rule} Rule */

/** @type {OpenRecord<Rule>} */ const opened = new OpenRecord();

const list = new RuleList((rule) => opened.leave() && show(rule));
const form = new RuleForm(() => {
  opened.wrote();
  preview.soon();
});
const preview = new Preview({
  definition: () => form.definition,
  told: (errors, filter) => {
    form.showErrors(opened.record || opened.isWritten ? errors : {}); // of what nobody has written yet nothing is wrong
    form.showFilter(filter);
  },
  changed: () => opened.wrote(),
});

/** @param {Rule|null} rule null: a new one @param {any} [begin] its definition */
function show(rule, begin = {}) {
  opened.open(rule);
  byId("nothing").hidden = true;
  byId("form").hidden = byId("preview").hidden = false;
  byId("delete").hidden = rule === null;
  byId("outcome").hidden = true;
  setText(byId("changed"), "");
  setText(byId("form-title"), rule?.name ?? t("New rule"));
  form.name = rule?.name ?? "";
  form.show(rule?.definition ?? begin);
  form.showFilter(rule?.filter ?? null);
  history.replaceState(null, "", rule ? `?rule=${rule.id}` : "?new");
  list.mark(rule?.id ?? null);
  preview.begin(rule?.samples ?? []);
}

function hide() {
  opened.open(null);
  byId("nothing").hidden = false;
  byId("form").hidden = byId("preview").hidden = true;
  history.replaceState(null, "", location.pathname);
  list.mark(null);
}

/** What of it the form holds. */
const written = (/** @type {Rule} */ { name, definition, samples }) => canonical({ name, definition, samples });

const read = inTurn(async () => {
  try {
    await list.read();
    endTrouble(byId("trouble"));
    if (!byId("save").disabled) followOthers(opened, list.rules, byId("changed"), { isSame: (now, was) => written(now) === written(was), show, hide });
  } catch (error) {
    showTrouble(byId("trouble"), t("The rules could not be read. {message}", { message: /** @type {Error} */ (error).message }), read);
  }
});

async function save() {
  const definition = form.definition;
  if (definition === null) return form.showErrors({ json: t("This is no JSON.") });
  const body = { name: form.name, definition, samples: preview.tests };
  byId("save").disabled = true;
  const sent = opened.sent();
  const open = opened.record;
  try {
    const saved = open ? await send("PATCH", `/api/v1/rules/${open.id}/`, body) : await send("POST", "/api/v1/rules/", body);
    sent.saved(saved);
    await read();
    if (opened.record?.id !== saved.id || opened.isWritten) return toast(t("Saved."));
    show(saved);
    offer(saved);
  } catch (error) {
    const { body: said, message } = /** @type {import("../page/rest.js").RestError} */ (error);
    if (!sent.isStillOpen()) return toast(t("Not saved: {message}", { message }));
    const fields = { ...said?.definition, ...said };
    delete fields.definition;
    const told = Object.fromEntries(Object.entries(fields).map(([name, what]) => [name, [what].flat().join(" ")]));
    form.showErrors(Object.keys(told).length ? told : { "Not saved": message });
  } finally {
    byId("save").disabled = false;
  }
}

/** Saved; and what was kept raw can be decoded again. */
function offer(/** @type {Rule} */ saved) {
  const text = el("span", { text: t("Saved. The bridge reads by it within two seconds.") });
  byId("outcome").replaceChildren(text);
  byId("outcome").hidden = false;
  if (!saved.waiting) return;
  text.textContent = t("Saved. {waiting} in quarantine came on this topic.", { waiting: counted(saved.waiting, "message") });
  const again = el("button", { class: "button", text: t("Decode again"), attrs: { type: "button" } });
  again.addEventListener("click", () => decodeAgain(saved, text, again));
  byId("outcome").append(again);
}

async function decodeAgain(/** @type {Rule} */ rule, /** @type {HTMLElement} */ text, /** @type {HTMLElement} */ button) {
  button.remove();
  text.textContent = t("Decoding");
  let sum = NOTHING;
  try {
    await replay(send, undefined, (these) => {
      sum = these;
      text.textContent = t("{replayed} decoded", { replayed: number(sum.replayed, 0) });
    }, `/api/v1/rules/${rule.id}/replay/`);
    text.textContent = outcome(sum);
  } catch (error) {
    text.textContent = `${sum.replayed ? t("{outcome} Then it failed: ", { outcome: outcome(sum) }) : t("Not decoded: ")}${/** @type {Error} */ (error).message}`;
  }
}

async function remove() {
  const open = opened.record;
  if (!open || !confirm(t("Delete the rule “{name}”? What it has stored stays.", { name: open.name }))) return;
  const sent = opened.sent();
  try {
    await send("DELETE", `/api/v1/rules/${open.id}/`);
    if (sent.isStillOpen()) hide();
    await read();
  } catch (error) {
    form.showErrors({ "Not deleted": /** @type {Error} */ (error).message });
  }
}

async function takeIn(/** @type {File} */ file) {
  try {
    const { created, changed } = await send("POST", "/api/v1/rules/import/", JSON.parse(await file.text()));
    toast(t("{created} added, {changed} changed.", { created, changed }));
    await read();
  } catch (error) {
    const why = error instanceof SyntaxError ? t("The file is no JSON.") : /** @type {Error} */ (error).message;
    showTrouble(byId("trouble"), t("Nothing was taken in. {why}", { why }), () => byId("import-file").click(), t("Choose another file"));
  }
}

byId("new").addEventListener("click", () => {
  if (!opened.leave()) return;
  show(null);
  /** @type {HTMLElement} */ (document.querySelector("[name=name]")).focus();
});
byId("close").addEventListener("click", () => opened.leave() && hide());
byId("delete").addEventListener("click", remove);
byId("form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  save();
});
byId("import").addEventListener("click", () => byId("import-file").click());
byId("import-file").addEventListener("change", () => {
  const [file] = byId("import-file").files;
  if (file) takeIn(file);
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
await keepRead(["rules"], read);
const wanted = list.rules.find((rule) => String(rule.id) === query.get("rule"));
if (wanted) show(wanted);
else if (query.has("new")) show(null, query.get("topic") ? { topic: query.get("topic") } : {});
