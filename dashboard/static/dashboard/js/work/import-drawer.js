/** Register and change devices from a CSV table: first what it would do, then do it. */

import { Drawer, shownOnce } from "./drawer.js";
import { el } from "../page/element.js";
import { number } from "../page/format.js";
import { offer } from "../charts/chart-file.js";
import { RestError, send } from "../page/rest.js";
import { recognised, t, tn } from "../page/language.js";

const SHOWN = 200; // lines; the others do the same
const EXAMPLE = "uid,name,site,kind,tags,expected_interval\nfreezer-2,Freezer 2,,freezer,\"cold chain, north\",10\n";
const ACTS = /** @type {Record<string, string>} */ ({ register: t("new"), change: t("changed"), same: t("as it is"), wrong: t("wrong") });

/** @typedef {{line: number, uid: string, act: string, errors: string[], changes: Record<string, [any, any]>}} Line */
/** @typedef {{counts: Record<string, number>, lines: Line[], tokens: {uid: string, token: string}[]}} Plan */

/** @param {any} value */
const word = (value) => (Array.isArray(value) ? value.join(", ") : value === null || value === "" ? "–" : String(value));

/** @param {Line} line */
const happens = ({ act, errors, changes }) => (errors.length ? errors.map(recognised).join(" ") : Object.entries(changes).map(([name, [before, after]]) => (act === "register" ? `${name}: ${word(after)}` : `${name}: ${word(before)} → ${word(after)}`)).join(" · "));

/** What the table does, line by line; what is wrong first. @param {Plan} plan */
function planTable({ lines }) {
  const sorted = [...lines.filter((line) => line.act === "wrong"), ...lines.filter((line) => line.act !== "wrong")];
  const rows = sorted.slice(0, SHOWN).map((line) => el("tr", { class: `is-${line.act}` }, el("td", { text: String(line.line) }), el("td", { class: "mono", text: line.uid }), el("td", { text: ACTS[line.act] }), el("td", { text: happens(line) })));
  const head = el("tr", {}, ...[t("Line"), t("Uid"), t("Becomes"), t("What")].map((text) => el("th", { text, attrs: { scope: "col" } })));
  return el("div", { class: "work-plan", attrs: { tabindex: "0", role: "region", "aria-label": t("What the table does") } }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)),
    ...(sorted.length > SHOWN ? [el("p", { class: "quiet", text: t("and {n} more lines", { n: sorted.length - SHOWN }) })] : []));
}

export function openImport() {
  let done = false;
  const area = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field mono", attrs: { rows: "8", spellcheck: "false", "aria-label": t("Table"), placeholder: EXAMPLE } }));
  const drawer = new Drawer(t("Devices from a table"), { isDirty: () => !done && area.value.trim() !== "", wide: true });
  const file = /** @type {HTMLInputElement} */ (el("input", { attrs: { type: "file", accept: ".csv,.tsv,.txt,text/csv", "aria-label": t("Choose a CSV file") } }));
  const result = el("div", { class: "work-result", attrs: { role: "status" } });
  const check = /** @type {HTMLButtonElement} */ (el("button", { class: "button", text: t("See what it does"), on: { click: () => run(true) } }));
  const act = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", attrs: { hidden: "" }, on: { click: () => run(false) } }));
  /** @type {Record<string, number>|null} */ let expect = null;
  let turn = 0; // counts tables: what was answered of a former one says nothing of this one
  const forget = () => {
    turn += 1;
    expect = null;
    act.hidden = true;
    result.replaceChildren();
  };
  area.addEventListener("input", forget);
  file.addEventListener("change", async () => {
    forget();
    area.value = (await file.files?.[0]?.text()) ?? "";
    run(true);
  });
  drawer.body.append(el("p", { class: "soft", text: t("The first line names the columns: uid, and any of name, site, kind, tags, expected_interval, location, latitude, longitude, enabled, notes. A new uid is registered; of a registered one the cells that are not empty are changed.") }), file, area, result);
  drawer.foot(act, check, el("button", { class: "button", text: t("Close"), on: { click: () => drawer.leave() } }));

  const run = async (/** @type {boolean} */ dry) => {
    check.disabled = act.disabled = true;
    const mine = turn;
    try {
      const plan = await send("POST", `/api/v1/device-imports/${dry ? "?dry_run=true" : ""}`, { text: area.value, ...(dry || !expect ? {} : { expect }) });
      if (!dry) finish(plan);
      else if (mine === turn) show(plan);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (mine !== turn) return;
      const said = el("p", { class: "wrong", text: error.body?.text ? [error.body.text].flat().join(" ") : error.body?.detail ?? error.message, attrs: { role: "alert" } });
      if (error.body?.lines) show(error.body);
      else forget();
      result.prepend(said);
    } finally {
      check.disabled = act.disabled = false;
    }
  };

  const show = (/** @type {Plan} */ plan) => {
    const { register, change, same, wrong } = plan.counts;
    expect = plan.counts;
    const words = [...(register ? [tn("{n} new", "{n} new", register)] : []), ...(change ? [tn("{n} changed", "{n} changed", change)] : []), ...(same ? [tn("{n} as it is", "{n} as they are", same)] : []), ...(wrong ? [tn("{n} wrong: nothing is done until it is right", "{n} wrong: nothing is done until they are right", wrong)] : [])];
    result.replaceChildren(el("p", { class: wrong ? "error" : "", text: `${words.join(", ")}.` }), planTable(plan));
    act.hidden = wrong > 0 || register + change === 0;
    act.textContent = tn("Do it: {n} device", "Do it: {n} devices", register + change, { n: number(register + change, 0) });
  };

  const finish = (/** @type {Plan} */ { counts, tokens }) => {
    done = true;
    act.hidden = true;
    check.hidden = true;
    file.remove();
    area.remove();
    const table = ["uid,token", ...tokens.map(({ uid, token }) => `${uid},${token}`)].join("\n");
    result.replaceChildren(el("p", { text: t("Done: {new} registered, {changed} changed.", { new: counts.register, changed: counts.change }) }),
      ...(tokens.length ? [el("p", { class: "soft", text: t("Their tokens, shown this once:") }), shownOnce(table, t("Copy the tokens")),
        el("button", { class: "button", text: t("Download as CSV"), on: { click: () => offer(new Blob([table], { type: "text/csv;charset=utf-8" }), "pulseboard-tokens.csv") } })] : []));
  };
}
