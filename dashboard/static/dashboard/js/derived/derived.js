/** The page of derived series: the list, and the one that is open. */

import { byId, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { OpenRecord } from "../page/open-record.js";
import { DerivedForm } from "./derived-form.js";
import { DerivedList, nameOf } from "./derived-list.js";
import { progress } from "./progress.js";
import { send } from "../page/rest.js";
import { typing } from "../frame/frame.js";
import { recognised, t } from "../page/language.js";
import { followOthers } from "../page/theirs.js";
import { inTurn } from "../page/in-turn.js";

/** @typedef {import("./derived-list.js").Derived} Derived */

const DAY = 86_400_000; // ms
const AGAIN = 10_000; // ms between two looks at what changes by itself

/** @type {OpenRecord<Derived>} */ const opened = new OpenRecord();

const list = new DerivedList((derived) => opened.leave() && show(derived));
const form = new DerivedForm(() => {
  opened.wrote();
  setText(byId("saved"), "");
});

/** @param {Derived|null} derived null: a new one */
function show(derived) {
  opened.open(derived);
  byId("nothing").hidden = true;
  byId("form").hidden = false;
  byId("delete").hidden = byId("open-device").hidden = byId("backfill").hidden = derived === null;
  setText(byId("form-title"), derived ? nameOf(derived) : t("New series"));
  setText(byId("saved"), "");
  if (derived) byId("open-device").href = `/devices/${encodeURIComponent(derived.device)}/`;
  form.show(derived);
  showState();
  history.replaceState(null, "", derived ? `?series=${derived.id}` : "?new");
  list.mark(derived?.id ?? null);
}

function hide() {
  opened.open(null);
  byId("nothing").hidden = false;
  byId("form").hidden = true;
  history.replaceState(null, "", location.pathname);
  list.mark(null);
}

/** What changes by itself of the one that is open. */
function showState() {
  const now = opened.record && list.all.find((each) => each.id === opened.record?.id);
  setText(byId("problem"), recognised(now?.problem));
  byId("problem").hidden = !now?.problem;
  const { isRunning, share, said } = progress(now?.backfill ?? null);
  byId("backfill-cancel").hidden = byId("backfill-progress").hidden = !isRunning;
  byId("backfill-progress").value = share;
  setText(byId("backfill-said"), said);
}

const read = inTurn(async () => {
  try {
    await list.read();
    endTrouble(byId("trouble"));
    if (!byId("save").disabled) followOthers(opened, list.all, byId("saved"), { isSame: (now, was) => now.revision === was.revision, show, hide });
    showState();
  } catch (error) {
    setText(byId("derived-empty"), t("They could not be read."));
    showTrouble(byId("trouble"), t("The derived series could not be read. {message}", { message: /** @type {Error} */ (error).message }), read);
  }
});

/** Sends, reads the list again, and tells what was refused. @param {"POST"|"PATCH"|"DELETE"} method @param {string} path @param {any} [body] */
async function act(method, path, body) {
  byId("save").disabled = true;
  const sent = opened.sent();
  try {
    const answer = await send(method, `/api/v1/derived/${path}`, body);
    if (sent.isStillOpen()) form.showErrors({});
    if (method === "PATCH") sent.saved(answer);
    await read();
    return { answer };
  } catch (error) {
    const { body: said, message } = /** @type {import("../page/rest.js").RestError} */ (error);
    if (!sent.isStillOpen()) {
      toast(t("Not saved: {message}", { message }));
      return null;
    }
    const told = Object.fromEntries(Object.entries(said ?? {}).map(([name, what]) => [name === "detail" ? "" : name, [what].flat().map((each) => (typeof each === "string" ? each : Object.values(each).flat().join(" "))).join(" ")]));
    form.showErrors(Object.keys(told).length ? told : { "": message });
    return null;
  } finally {
    byId("save").disabled = false;
  }
}

async function save() {
  const missing = form.missing();
  if (Object.keys(missing).length) return form.showErrors(missing);
  const sent = opened.sent();
  const open = opened.record;
  const done = open ? await act("PATCH", `${open.id}/`, form.read()) : await act("POST", "", form.read());
  if (!done) return;
  if (!sent.isStillOpen() || (open && !sent.isAsSent())) return toast(t("Saved."));
  show(done.answer);
  setText(byId("saved"), open ? t("Saved. It is computed anew.") : t("Saved. Results follow within seconds."));
}

async function remove() {
  const open = opened.record;
  if (!open || !confirm(t("Delete “{name}” and all it holds?", { name: nameOf(open) }))) return;
  const sent = opened.sent();
  if ((await act("DELETE", `${open.id}/`)) && sent.isStillOpen()) hide();
}

byId("new").addEventListener("click", () => {
  if (!opened.leave()) return;
  show(null);
  byId("formula").focus();
});
byId("close").addEventListener("click", () => opened.leave() && hide());
byId("delete").addEventListener("click", remove);
byId("form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  save();
});
byId("backfill-start").addEventListener("click", () => opened.record && act("POST", `${opened.record.id}/backfill/`, { from: new Date(Date.now() - Number(byId("backfill-days").value) * DAY).toISOString() }));
byId("backfill-cancel").addEventListener("click", () => opened.record && act("DELETE", `${opened.record.id}/backfill/`));
document.addEventListener("keydown", (event) => {
  if (!typing(event) && event.key === "n") {
    event.preventDefault();
    byId("new").click();
  }
});
addEventListener("beforeunload", (event) => opened.isWritten && event.preventDefault());
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(() => document.hidden || read(), AGAIN);

const query = new URLSearchParams(location.search);
await keepRead(["derived", "series"], read);
const wanted = list.all.find((derived) => String(derived.id) === query.get("series"));
if (wanted) show(wanted);
else if (query.has("new")) show(null);
