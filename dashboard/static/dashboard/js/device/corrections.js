/** Readings of a device that somebody deletes or replaces, and undoes that: offered on its charts, listed beside them. */

import { byId, el, toast } from "../page/element.js";
import { ChoiceDialog } from "../charts/choice-dialog.js";
import { ask } from "../page/form-dialog.js";
import { connection, keepRead } from "../live/live.js";
import { get, send } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { inTurn } from "../page/in-turn.js";
import { nameOf } from "../charts/series-head.js";
import { number } from "../page/format.js";
import { offerMark } from "../charts/mark-here.js";
import { pointsOf, textOf } from "./corrected-points.js";
import { serverNow } from "../time/clock.js";
import { span } from "../log/words.js";
import { recognised, t, tn } from "../page/language.js";
import { when } from "../time/moment.js";

const SHOWN = 10; // corrections beside the charts, the newest
const EDITED = 500; // readings that are offered as lines; of more, replace them over REST

/** @typedef {{id: number, metric: string, action: string, from: number, to: number, reason: string, by: string, at: number, removed: number, written: number,
 *   state: "running"|"undoing"|"done", done_until: number|null, error: string, undone: number|null, undone_by: string, undo_until: number|null}} Correction */

/** @param {any} device the page's facts */
export function offerCorrections(device) {
  const choice = new ChoiceDialog();
  /** @param {import("../charts/mark-here.js").Place} place @param {(series: any, from: number, to: number) => void} act */
  const chosen = ({ from, until, series }, act) => {
    if (until === null) return toast(t("Select the time first: hold Shift and drag over a chart."));
    const [first, last] = [Math.floor(from), Math.min(Math.ceil(until), Math.floor(serverNow()))];
    const found = device.series.filter((/** @type {any} */ { id }) => series === null || id === series);
    if (found.length === 1) return act(found[0], first, last);
    choice.ask(t("Which readings?"), found.map((/** @type {any} */ one) => ({ words: nameOf(one), act: () => act(one, first, last) })));
  };
  offerMark(t("Delete these readings…"), (place) => chosen(place, askDelete), { ofPart: true });
  offerMark(t("Correct these readings…"), (place) => chosen(place, askReplace), { ofPart: true });
  const list = new CorrectionList(device);
  connection.on("corrections", ({ uid }) => uid === device.uid && list.read());
  keepRead([], () => list.read());
}

const path = (/** @type {any} */ series) => `/api/v1/series/${series.id}/corrections/`;

/** Of what was chosen the last opens its dialog: one for other readings must not come under somebody's finger. */
const asked = newest((/** @type {() => Promise<() => void>} */ look) => look(), (open) => open(), ({ message }) => toast(message));

/** @param {any} series @param {number} from @param {number} to */
const askDelete = (series, from, to) => asked(async () => {
  const wanted = { action: "delete", from, to };
  const tried = await counted(series, wanted);
  return () => offerDelete(series, wanted, tried.removed);
});

/** @param {any} series @param {{action: string, from: number, to: number}} wanted @param {number} removed readings */
function offerDelete(series, wanted, removed) {
  if (!removed) return toast(t("There are no readings of {name} in this time.", { name: nameOf(series) }));
  ask({
    title: tn("Delete {n} reading of {name}", "Delete {n} readings of {name}", removed, { n: number(removed, 0), name: nameOf(series) }), act: t("Delete"),
    fields: [reason(wanted.from, wanted.to)],
    save: (values) => send("POST", path(series), { ...wanted, ...values }), saved: done,
  });
}

/** @param {any} series @param {number} from @param {number} to */
const askReplace = (series, from, to) => asked(async () => {
  const answer = await get(`/api/v1/readings/?series=${series.id}&from=${from}&to=${to}&points=${EDITED}`);
  return () => offerReplace(series, from, to, answer.series[0].reduced ? null : answer.series[0].points);
});

/** @param {any} series @param {number} from @param {number} to @param {any[]|null} points null: there are too many */
function offerReplace(series, from, to, points) {
  if (points === null) return toast(t("There are more than {n} readings: select less, or replace them over REST.", { n: number(EDITED, 0) }));
  ask({
    title: t("Correct readings of {name}", { name: nameOf(series) }),
    fields: [
      { name: "points", label: t("What was measured: a time and a value a line"), type: "textarea", wide: true, value: textOf(points), attrs: { rows: "10", spellcheck: "false" } },
      reason(from, to),
    ],
    save: async ({ points: text, ...values }) => send("POST", path(series), { action: "replace", from, to, points: pointsOf(text), ...values }), saved: done,
  });
}

/** @param {number} from @param {number} to */
const reason = (from, to) => ({ name: "reason", label: t("Why"), attrs: { maxlength: "500" }, wide: true, hint: t("{span}. It stands in the log, and can be undone for 30 days.", { span: span(from, to, serverNow()) }) });

/** What it would change. Raises with what the server says of why it may not. @param {any} series @param {any} wanted */
async function counted(series, wanted) {
  try {
    return await send("POST", `${path(series)}?dry_run=1`, { ...wanted, reason: "-" });
  } catch (error) {
    const { body, message } = /** @type {import("../page/rest.js").RestError} */ (error);
    throw new Error([...Object.values(body ?? {})].flat().join(" ") || message);
  }
}

function done(/** @type {Correction} */ made) {
  if (made.state !== "done") return toast(t("There are many: they go bit by bit, and beside the charts stands how far it is."));
  const n = number(made.removed, 0);
  const text = made.action === "delete" ? tn("{n} reading is deleted.", "{n} readings are deleted.", made.removed, { n }) : t("The readings are corrected.");
  toast(text, { act: t("Undo"), run: () => undo(made) });
}

async function undo(/** @type {Correction} */ { id }) {
  try {
    const undone = await send("POST", `/api/v1/corrections/${id}/undo/`);
    toast(undone.state === "done" ? t("The readings are as they were.") : t("There are many: they come back bit by bit."));
  } catch (error) {
    toast(t("Not undone. {why}", { why: /** @type {Error} */ (error).message }));
  }
}

/** How far one of many readings is. @param {Correction} each */
function underWay({ state, from, to, done_until: until }) {
  if (state === "undoing") return t("Being undone, bit by bit.");
  return t("Being made: {share} %", { share: number(Math.floor((100 * ((until ?? from) - from)) / (to - from)), 0) });
}

class CorrectionList {
  /** @param {any} device */
  constructor(device) {
    this.device = device;
    this.read = inTurn(() => this.#read());
  }

  async #read() {
    if (this.device.removed) return;
    try {
      const { corrections } = await get(`/api/v1/corrections/?device=${encodeURIComponent(this.device.uid)}`);
      this.#show(corrections.slice(0, SHOWN));
    } catch {
      // What was shown stays; after the next socket, or the next correction, it is asked for again.
    }
  }

  #show(/** @type {Correction[]} */ found) {
    byId("corrections").hidden = !found.length;
    byId("corrections-list").replaceChildren(...found.map((each) => this.#row(each)));
  }

  #row(/** @type {Correction} */ each) {
    const now = serverNow();
    const series = this.device.series.find((/** @type {any} */ { metric }) => metric === each.metric);
    const values = { name: series ? nameOf(series) : each.metric, span: span(each.from, each.to, now), n: number(each.removed, 0), written: number(each.written, 0) };
    const what = each.action === "delete" ? t("{name}, {span}: {n} deleted", values) : t("{name}, {span}: {n} replaced by {written}", values);
    const who = each.by || t("Somebody who is gone");
    return el("li", {}, el("p", { text: what }),
      el("p", { class: "small soft", text: t("{reason} ({who}, {when})", { reason: each.reason, who, when: when(each.at, now) }) }),
      ...(each.error ? [el("p", { class: "small wrong", text: t("Ended before its end: {why}", { why: recognised(each.error) }) })] : []),
      each.state !== "done" ? el("p", { class: "small quiet", text: underWay(each) }) : each.undone !== null ? el("p", { class: "small quiet", text: t("Undone {when} ({who}).", { when: when(each.undone, now), who: each.undone_by || t("Somebody who is gone") }) })
        : el("button", { class: "button tiny", text: t("Undo"), data: { needs: "operator" }, attrs: each.undo_until === null ? { hidden: "" } : {}, on: { click: () => undo(each) } }));
  }
}
