/** The audit log: newest first, narrowed by what its address says. What comes while somebody reads waits to be shown. */

import { auditRow } from "./audit-row.js";
import { byId, el, endTrouble, setText, showRows, showTrouble } from "../page/element.js";
import { get } from "../page/rest.js";
import { keepRead } from "../live/live.js";
import { ListReading } from "../page/list-reading.js";
import { ListWindow } from "../time/list-window.js";
import { serverNow } from "../time/clock.js";
import { showInAddress } from "../page/address.js";
import { t } from "../page/language.js";
import { TimeControl } from "../time/time-control.js";
import { TimeHistory } from "../time/time-history.js";

const TYPED = 250; // ms after the last key until it is asked
const QUIET = 1_000; // ms between two reads when entries keep coming
const FIELDS = /** @type {const} */ (["search", "by", "action"]);
const CHIPS = /** @type {const} */ (["kind", "id", "address"]);
/** @type {readonly string[]} */ const ALL = [...FIELDS, ...CHIPS];

const steps = new TimeHistory();
const span = new ListWindow({ search: () => location.search, show: (text) => steps.show(text), now: serverNow });
const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (byId(name));
/** @type {Record<string, string>} what narrows it */ const narrowed = {};
/** @type {import("./audit-row.js").AuditEntry[]} */ let entries = [];
let timer = 0;
let typed = 0;

for (const [name, value] of new URLSearchParams(location.search)) if (ALL.includes(name)) narrowed[name] = value;
for (const name of FIELDS) {
  field(name).value = narrowed[name] ?? "";
  field(name).addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => narrow({ [name]: field(name).value.trim() }), TYPED);
  });
}

/** @param {Record<string, string>} more */
function narrow(more) {
  Object.assign(narrowed, more);
  for (const name of ALL) if (!narrowed[name]) delete narrowed[name];
  for (const name of FIELDS) if (name in more) field(name).value = narrowed[name] ?? "";
  showInAddress(view());
  reading.read();
}

/** As the address has it. @returns {Record<string, string>} */
function view() {
  return { ...narrowed, ...Object.fromEntries(new URLSearchParams(span.query)) };
}

/** As the server is asked. */
function wanted() {
  const query = new URLSearchParams(narrowed);
  for (const [name, at] of Object.entries(span.asked)) if (at !== null) query.set(name, String(at));
  return query;
}

/** @type {ListReading<{entries: import("./audit-row.js").AuditEntry[], more: boolean}>} */ const reading = new ListReading({
  question: () => JSON.stringify(view()), // not `wanted`: the last hour is the same question a second later
  ask: (_, isMore) => {
    const query = wanted();
    for (const format of ["csv", "ndjson"]) byId(format).setAttribute("href", `/api/v1/audit/?${new URLSearchParams([...query, ["format", format]])}`);
    if (isMore && entries.length) query.set("before", String(entries[entries.length - 1].id));
    return get(`/api/v1/audit/?${query}`);
  },
  show: (answer, isMore) => {
    entries = isMore ? [...entries, ...answer.entries] : answer.entries;
    show(answer.more);
    endTrouble(byId("trouble"));
  },
  failed: ({ message }, again) => {
    showTrouble(byId("trouble"), t("The audit log could not be read. {message}", { message }), again);
    if (!entries.length) setText(byId("empty"), t("Not loaded."));
  },
});

/** @param {boolean} more */
function show(more) {
  const list = byId("entries");
  const there = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.key, /** @type {HTMLElement} */ (row)]));
  showRows(list, entries.map((entry) => there.get(String(entry.id)) ?? auditRow(entry, narrow)));
  byId("more").hidden = !more;
  byId("newer").hidden = true;
  byId("empty").hidden = entries.length > 0;
  setText(byId("empty"), Object.keys(narrowed).length || !span.isAll ? t("Nothing like this was recorded.") : t("Nothing is recorded yet. Every change, sign-in and export shows here."));
  byId("narrowed").replaceChildren(...CHIPS.filter((name) => narrowed[name]).map((name) => el("button", {
    class: "chip", attrs: { "aria-pressed": "true", title: t("Let go") }, on: { click: () => narrow({ [name]: "" }) },
  }, el("span", { text: narrowed[name] }))));
}

async function tellIfNewer() {
  const query = wanted();
  query.set("limit", "1");
  const shown = entries;
  try {
    const { entries: [newest] } = await get(`/api/v1/audit/?${query}`);
    if (shown === entries && newest && newest.id !== entries[0]?.id) byId("newer").hidden = false;
  } catch {
    // With the next entry it is asked again.
  }
}

/** There may be more; not in the way of who reads further down or has something open. */
function soon() {
  if (timer) return;
  timer = setTimeout(() => {
    timer = 0;
    const isRead = byId("entries").querySelector("details[open]") !== null || byId("entries").contains(document.activeElement) || scrollY > 0 || entries.length > 100;
    if (isRead) tellIfNewer();
    else reading.read();
  }, QUIET);
}

byId("more").addEventListener("click", () => reading.more());
byId("newer").addEventListener("click", () => reading.read());
const control = new TimeControl(byId("time-control"), span, { site: "", zoned: () => location.reload(), all: true });
span.addEventListener("span", () => { control.show(); reading.read(); });
steps.follow(span);
keepRead(["audit"], soon, () => reading.read());
