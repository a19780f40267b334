/** The page of alerts: what is open, what is taken care of, what is past; one in the drawer; silences. */

import { Acts } from "./acts.js";
import { AlertDrawer } from "./alert-drawer.js";
import { AlertList } from "./alert-list.js";
import { byId, endTrouble, setText, showTrouble } from "../page/element.js";
import { clock } from "../time/moment.js";
import { connection, keepRead, knownUntil } from "../live/live.js";
import { current } from "../frame/alerts.js";
import { found, SEVERITIES } from "./standing.js";
import { get } from "../page/rest.js";
import { ListReading } from "../page/list-reading.js";
import { lowestAt } from "../page/role.js";
import { nothing, SEVERITY } from "./words.js";
import { number } from "../page/format.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";
import { showChips } from "../page/chips.js";
import { showInAddress } from "../page/address.js";
import { leaveStatistics, showStatistics, wireStatistics } from "./statistics.js";
import { Silences } from "./silences.js";
import { typing } from "../frame/frame.js";
import { t } from "../page/language.js";

const TYPED = 300; // ms after the last key
const PAGE = 50; // alerts of the past read at a time
const MOST = 500; // read again at a time, of those that are shown
const TABS = ["open", "acknowledged", "past", "silences"];

/** @typedef {import("./standing.js").Alert} Alert */

const query = new URLSearchParams(location.search);
let tab = TABS.includes(query.get("tab") ?? "") ? /** @type {string} */ (query.get("tab")) : "open";
let severity = query.get("severity") ?? "";
let shownId = Number(query.get("alert")) || null;
byId("search").value = query.get("search") ?? "";
/** what was read of the past, newest first @type {Alert[]} */ let past = [];
let pastTotal = 0;
/** what it was narrowed by when it was read; null: it was not @type {string|null} */ let pastOf = null;
/** @type {any} */ let timer = 0;

const acts = new Acts(JSON.parse(byId("me").textContent), (alerts) => {
  for (const alert of alerts) {
    current.put(alert);
    drawer.heard(alert);
  }
});
const drawer = new AlertDrawer(acts, (id) => {
  shownId = id;
  document.body.classList.toggle("has-drawer", id !== null);
  address();
  if (id !== null) list.stand(id);
});
const list = new AlertList(byId("alerts"), connection, {
  open: (row) => drawer.open(row.alert.id, row.alert),
  selected: (ids) => {
    byId("selection").hidden = ids.size === 0;
    byId("selection").dataset.role = lowestAt([...ids].map((id) => list.rows.get(id)?.alert.site?.slug ?? null));
    setText(byId("selection-count"), t("{size} selected", { size: ids.size }));
  },
});
const silences = new Silences();

const search = () => byId("search").value.trim();

function address() {
  showInAddress({ tab: tab === "open" ? "" : tab, severity, search: search(), alert: shownId === null ? "" : String(shownId) });
}

function show() {
  const now = serverNow();
  const counts = { open: current.of("open"), acknowledged: current.of("acknowledged") };
  for (const name of /** @type {const} */ (["open", "acknowledged"])) setText(document.querySelector(`[data-tab=${name}] b`), String(counts[name].length || ""));
  for (const button of byId("tabs").children) button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
  byId("list-section").hidden = tab === "silences";
  byId("silences-section").hidden = tab !== "silences";
  byId("severities").hidden = tab === "silences";
  const since = current.told?.not_judged_since ?? null;
  byId("not-judged").hidden = since === null;
  if (since !== null) setText(byId("not-judged").lastElementChild, t("Rules are not being judged since {since}. What fires now is not shown.", { since: clock(since) }));
  if (current.failed) showTrouble(byId("trouble"), t("What stands could not be read. {failed}", { failed: current.failed }), () => current.read());
  else if (tab !== "past") endTrouble(byId("trouble"));
  byId("progress").hidden = current.told !== null || current.failed !== null;
  setText(byId("count"), current.open ? number(current.open, 0) : "");
  setTab(t("Alerts"), 0);
  if (tab === "silences") return;
  const all = tab === "past" ? past : counts[/** @type {"open"|"acknowledged"} */ (tab)];
  const bySeverity = SEVERITIES.map((name) => /** @type {[string, number]} */ ([name, all.filter((alert) => alert.severity === name).length]));
  showChips(byId("severities"), tab === "past" ? [] : bySeverity.filter(([name, many]) => many > 0 || name === severity), {
    word: (name) => SEVERITY[/** @type {"info"} */ (name)], chosen: severity, choose: (name) => { severity = name; again(); },
  });
  const shown = tab === "past" ? past : all.filter((alert) => (!severity || alert.severity === severity) && (!search() || found(alert, search())));
  list.show(shown);
  list.second(now, knownUntil());
  byId("older").hidden = tab !== "past" || past.length >= pastTotal;
  showEmpty(shown, counts.acknowledged.length, now);
}

/** @param {Alert[]} shown @param {number} taken @param {number} now */
function showEmpty(shown, taken, now) {
  const loaded = tab === "past" ? pastOf === narrowing() && !timer : current.told !== null;
  byId("empty").hidden = shown.length > 0 || !loaded;
  if (byId("empty").hidden) return;
  const said = nothing(/** @type {any} */ (tab), { told: current.told, narrowed: search() !== "" || severity !== "", taken, now });
  const key = JSON.stringify(said);
  if (byId("empty").dataset.key === key) return;
  byId("empty").dataset.key = key;
  setText(byId("empty").firstElementChild, said.title);
  const text = byId("empty").lastElementChild;
  setText(text, said.text);
  if (said.rules) {
    const link = document.createElement("a");
    link.href = "/alerts/rules/";
    link.textContent = t("Make a rule");
    text.append(" ", link, ".");
  }
}

const narrowing = () => `${severity && `&severity=${severity}`}${search() && `&search=${encodeURIComponent(search())}`}`;

/** @type {ListReading<{alerts: Alert[], total: number}>} */ const pastReading = new ListReading({
  question: narrowing,
  ask: (narrowed, isMore) => {
    byId("progress").hidden = false;
    const shown = narrowed === pastOf ? past : [];
    const before = isMore && shown.length ? `&before=${shown[shown.length - 1].id}` : "";
    const many = isMore ? PAGE : Math.min(MOST, Math.max(PAGE, shown.length)); // read again, nothing one has read down to goes
    return get(`/api/v1/alerts/?state=past&limit=${many}${narrowed}${before}`);
  },
  show: ({ alerts, total }, isMore) => {
    byId("progress").hidden = true;
    past = isMore ? [...past, ...alerts] : alerts;
    pastTotal = isMore ? past.length + total - alerts.length : total;
    pastOf = narrowing();
    if (tab === "past") endTrouble(byId("trouble"));
    show();
  },
  failed: ({ message }, again) => {
    byId("progress").hidden = true;
    if (tab === "past") showTrouble(byId("trouble"), t("The past could not be read. {message}", { message }), again);
  },
});

function readPast() {
  clearTimeout(timer);
  timer = 0;
  pastReading.read();
}

function pastSoon() {
  if (!timer) timer = setTimeout(readPast, TYPED);
}

/** Another tab, search or filter. */
function again() {
  address();
  show();
  if (tab === "past") {
    readPast();
    showStatistics();
  } else leaveStatistics();
  if (tab === "silences") {
    silences.read();
    silences.choices();
  }
}

byId("tabs").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("button"));
  if (!button) return;
  tab = button.dataset.tab ?? "open";
  list.choose([...list.selected], false);
  list.stand(null);
  again();
});
byId("search").addEventListener("input", () => {
  clearTimeout(timer);
  if (tab === "past") timer = setTimeout(() => { address(); readPast(); }, TYPED);
  else again();
});
byId("older").addEventListener("click", () => pastReading.more());
byId("selection").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const act = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-act]"))?.dataset.act;
  if (act) acts.ask(act, list.meant);
});
byId("selection-clear").addEventListener("click", () => list.choose([...list.selected], false));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === drawer.text) return drawer.text.blur();
  if (typing(event) || tab === "silences") return;
  const key = /** @type {Record<string, () => void>} */ ({
    j: () => step(1), k: () => step(-1), a: () => acknowledge(), m: () => acts.ask("assign", list.meant), s: () => acts.ask("snooze", list.meant),
    c: () => (drawer.isOpen && !list.selected.size ? drawer.toComment() : acts.ask("comment", list.meant)),
    x: () => list.here !== null && list.choose([list.here], !list.selected.has(list.here)),
    Escape: () => (drawer.isOpen ? drawer.close() : list.choose([...list.selected], false)),
  })[event.key];
  if (!key) return;
  event.preventDefault();
  key();
});

/** @param {1|-1} way */
function step(way) {
  const row = list.step(way);
  if (row && drawer.isOpen) drawer.open(row.alert.id, row.alert);
}

/** Those that somebody has are given back when all of them are: the key undoes itself. */
function acknowledge() {
  const ids = list.meant;
  const isMine = ids.length > 0 && ids.every((id) => list.rows.get(id)?.alert.acknowledged !== null);
  acts.ask(isMine ? "unacknowledge" : "acknowledge", ids);
}

current.addEventListener("changed", show);
current.addEventListener("heard", (event) => {
  const alert = /** @type {CustomEvent} */ (event).detail;
  drawer.heard(alert);
  if (tab === "past" && alert.cleared !== null) pastSoon();
});
/** Many alerts changed at once, or some while nothing was heard. */
function missed() {
  if (drawer.alert) drawer.read(drawer.alert.id);
  if (tab === "past") pastSoon();
}
keepRead(["silences"], () => silences.read());
/** What the address asks for besides what stands. */
function begin() {
  again();
  if (shownId !== null) drawer.open(shownId);
}
keepRead([], missed, begin);
connection.on("alert", ({ alert }) => alert === null && missed());
setInterval(() => {
  if (document.hidden) return;
  drawer.second();
  show();
}, 1000);
wireStatistics();
show();
