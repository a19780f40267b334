/** The page of the log: the stream of all or of one site, narrowed, with who is here, what is pinned, and the hand over. */

import { byId, el, setText, showRows } from "../page/element.js";
import { closeFeed, me, openFeed } from "./desk.js";
import { EntryRow } from "./entry-row.js";
import { followHere } from "./here.js";
import { HandOver } from "./hand-over.js";
import { ListWindow } from "../time/list-window.js";
import { LogPanel } from "./log-panel.js";
import { openThread, threadDrawer } from "./thread-drawer.js";
import { reading } from "./reading.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";
import { showInAddress } from "../page/address.js";
import { TimeControl } from "../time/time-control.js";
import { TimeHistory } from "../time/time-history.js";
import { t, tn, tx } from "../page/language.js";
import { typing } from "../frame/frame.js";

const TYPED = 300; // ms after the last key
const KINDS = ["all", "people", "system"];

const query = new URLSearchParams(location.search);
/** What is looked at. */
const asked = {
  site: query.get("site") ?? "", device: query.get("device") ?? "", kind: KINDS.includes(query.get("kind") ?? "") ? String(query.get("kind")) : "all",
  tag: query.get("tag") ?? "", author: query.get("author") ?? "", search: query.get("search") ?? "",
};
const steps = new TimeHistory();
const span = new ListWindow({ search: () => location.search, show: (text) => steps.show(text), now: serverNow });
let shownThread = Number(query.get("entry")) || null;

byId("search").value = asked.search;
byId("site").value = asked.site;

/** Where one writes: at the site that is looked at, or the one chosen beside the field. */
const where = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { "aria-label": t("Written to") } }));
for (const option of byId("site").options) where.append(el("option", { text: option.value ? option.text : t("Everybody"), attrs: { value: option.value } }));

const narrowed = () => ({ site: asked.site, device: asked.device, kind: asked.kind, tag: asked.tag, author: asked.author, search: asked.search.trim(), ...span.asked });
const place = () => (asked.device ? { device: asked.device } : { site: where.value || null });

const panel = new LogPanel(byId("log"), {
  place: place(), asked: narrowed(), choice: where, open: (id, answer) => openThread(id, answer),
  // Every entry that waits is seen here, wherever it was written.
  unsent: () => true,
  nothing: t("Nothing is here yet. Write what the next shift should know."),
  read: (newest) => {
    if (asked.search || asked.tag || asked.author || asked.device || !span.live || asked.kind === "system") return;
    reading.mark(newest, asked.site ? { site: asked.site } : {});
  },
});
const pinned = openFeed({ ...narrowed(), pinned: true, search: "", from: null, to: null, kind: "all" });
const handOver = new HandOver(() => asked.site);

/** @type {Map<number, EntryRow>} */ const pins = new Map();

function showPinned() {
  const entries = pinned.entries.filter((entry) => entry.pinned && !entry.deleted).reverse();
  byId("pinned").hidden = entries.length === 0;
  setText(byId("pinned").querySelector("summary"), tn("{n} pinned", "{n} pinned", entries.length));
  for (const id of pins.keys()) if (!entries.some((entry) => entry.id === id)) pins.delete(id);
  const list = /** @type {HTMLElement} */ (byId("pinned").querySelector("ol"));
  showRows(list, entries.map((entry) => {
    const row = pins.get(entry.id) ?? new EntryRow(entry, { open: (id, answer) => openThread(id, answer), of: () => undefined });
    pins.set(entry.id, row);
    row.update(entry);
    return row.element;
  }));
}

/** What it is narrowed by beside the controls that show it themselves. */
function showNarrowed() {
  for (const button of byId("kinds").children) button.setAttribute("aria-pressed", String(button.dataset.kind === asked.kind));
  /** @type {[("tag"|"author"|"device"), string][]} */ const parts = [["tag", `#${asked.tag}`], ["author", asked.author], ["device", asked.device]];
  byId("narrowed").replaceChildren(...parts.filter(([name]) => asked[name]).map(([name, text]) => el("button", {
    class: "chip", attrs: { "aria-pressed": "true", title: t("Leave it out") }, on: { click: () => { asked[name] = ""; again(); } },
  }, el("span", { text }), el("b", { text: "×" }))));
}

function address() {
  showInAddress({ site: asked.site, device: asked.device, kind: asked.kind === "all" ? "" : asked.kind, tag: asked.tag, author: asked.author, search: asked.search.trim(), ...Object.fromEntries(new URLSearchParams(span.query)), entry: shownThread === null ? "" : String(shownThread) });
}

/** Something else is looked at. */
function again() {
  address();
  showNarrowed();
  where.value = asked.site;
  where.hidden = asked.device !== "";
  panel.composer.moveTo(place());
  panel.list.top = null;
  panel.list.newFrom = null;
  panel.feed.ask(narrowed());
  pinned.ask({ ...narrowed(), pinned: true, search: "", from: null, to: null, kind: "all" });
}

/** A line before what was not read when one came, once. */
function showNew() {
  const many = reading.of(asked.site ? { site: asked.site } : {});
  if (panel.list.newFrom !== null || !many || !panel.feed.begun) return;
  const others = panel.feed.entries.filter((entry) => entry.kind === "said" && !entry.deleted && entry.author?.name !== me);
  panel.list.newFrom = others[Math.max(0, others.length - many)]?.id ?? null;
  panel.list.show();
}

function showTab() {
  setTab(tx("shift", "Log"), 0);
}

/** @type {any} */ let timer = 0;
byId("search").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => { asked.search = byId("search").value; again(); }, TYPED);
});
byId("site").addEventListener("change", () => { asked.site = byId("site").value; asked.device = ""; again(); });
byId("kinds").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const kind = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("button"))?.dataset.kind;
  if (kind) { asked.kind = kind; again(); }
});
// A tag in a text narrows this page; elsewhere it leads here.
byId("log-page").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const tag = /** @type {HTMLAnchorElement|null} */ (/** @type {Element} */ (event.target).closest("a.tag"));
  if (!tag || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  asked.tag = new URL(tag.href).searchParams.get("tag") ?? "";
  again();
});
where.addEventListener("change", () => panel.composer.moveTo(place()));
byId("hand-over-open").addEventListener("click", () => handOver.open());
pinned.addEventListener("changed", showPinned);
panel.feed.addEventListener("changed", showNew);
reading.addEventListener("counts", showNew);
threadDrawer().shown = (id) => { shownThread = id; address(); };
addEventListener("pagehide", () => closeFeed(pinned));

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  const key = /** @type {Record<string, () => void>} */ ({
    j: () => panel.list.step(1), k: () => panel.list.step(-1), c: () => panel.composer.field.focus(), r: () => panel.list.here?.reply(),
    h: () => handOver.open(), End: () => panel.list.toEnd(),
  })[event.key];
  if (!key) return;
  event.preventDefault();
  key();
});

const control = new TimeControl(byId("time-control"), span, { site: "", zoned: () => location.reload(), all: true });
span.addEventListener("span", () => { control.show(); again(); });
steps.follow(span);
showNarrowed();
where.value = asked.site;
where.hidden = asked.device !== "";
showTab();
followHere(byId("here"));
if (shownThread !== null) openThread(shownThread);
if (location.hash === "#hand-over") handOver.open();
