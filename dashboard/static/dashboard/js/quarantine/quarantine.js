/** The quarantine page: what could not be stored, to look at, replay or discard, and who sent it unregistered. */

import { added, NOTHING, outcome } from "./replay.js";
import { byId, el, endTrouble, setText, showTrouble } from "../page/element.js";
import { connection } from "../live/live.js";
import { get, send } from "../page/rest.js";
import { number } from "../page/format.js";
import { QuarantineList } from "./quarantine-list.js";
import { serverNow } from "../time/clock.js";
import { UnreadTopics } from "./unread-topics.js";
import { Unregistered } from "./unregistered.js";

const SETTLE = 300; // ms after the last key in the filter, and between two reads of the counts
const REFRESH = 10_000; // ms between two reads of the senders

const query = new URLSearchParams(location.search);
const list = new QuarantineList({
  reason: query.get("reason") ?? "", uid: query.get("uid") ?? "", acts: { changed: () => soon() }, chosen: () => narrowed(),
});
const senders = new Unregistered(() => {
  list.read();
  senders.read();
  soon();
});
const unread = new UnreadTopics();
let fresh = 0; // messages that came since the list was read
let timer = 0;
let replaying = false;

async function readCounts() {
  try {
    const { quarantine } = await get("/api/v1/pipeline/");
    list.showCounts(quarantine);
    showReplay();
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), `The counts could not be read. ${/** @type {Error} */ (error).message}`, readCounts);
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(readCounts, SETTLE);
}

function showReplay() {
  const { reason, uid } = list.filter;
  const button = byId("replay-all");
  const what = [uid && `of ${uid}`, reason && `“${reason.replaceAll("_", " ")}”`].filter(Boolean).join(" ");
  const count = uid || !list.total ? "" : number(list.total, 0);
  setText(button, ["Replay all", count, what].filter(Boolean).join(" "));
  button.disabled = replaying || (!uid && !list.total);
}

function narrowed() {
  const asked = String(new URLSearchParams(list.filter));
  history.replaceState(null, "", asked ? `?${asked}` : location.pathname);
  fresh = 0;
  showFresh();
  showReplay();
}

function showFresh() {
  byId("newer").hidden = fresh === 0;
  setText(byId("newer"), `${number(fresh, 0)} new — show`);
}

async function replayAll() {
  replaying = true;
  showReplay();
  const bar = /** @type {HTMLProgressElement} */ (el("progress"));
  const text = el("span", { text: "Replaying" });
  const close = el("button", { class: "button bare tiny", text: "Close", on: { click: () => (byId("outcome").hidden = true) } });
  byId("outcome").replaceChildren(text, bar);
  byId("outcome").hidden = false;
  // Until now only: what goes on arriving bad would never let it end.
  const wanted = { ...list.filter, to: serverNow() };
  let sum = NOTHING;
  try {
    let last;
    do {
      last = await send("POST", "/api/v1/quarantine/replay/", wanted);
      sum = added(sum, last);
      text.textContent = `${number(sum.replayed, 0)} replayed`;
    } while (last.more && last.stored > 0); // each request begins with the oldest: bad ones alone would come again for ever
    text.textContent = outcome(sum) + (sum.more ? " More are left; narrow the filter to reach them." : "");
  } catch (error) {
    text.textContent = `${sum.replayed ? `${outcome(sum)} Then it failed: ` : "Not replayed: "}${/** @type {Error} */ (error).message}`;
  }
  bar.remove();
  byId("outcome").append(close);
  replaying = false;
  await Promise.all([list.read(), senders.read(), unread.read(), readCounts()]);
}

byId("replay-all").addEventListener("click", replayAll);
byId("newer").addEventListener("click", () => {
  fresh = 0;
  showFresh();
  list.read();
  soon();
});
byId("uid").value = list.uid;
byId("uid").addEventListener("input", () => {
  list.uid = byId("uid").value.trim();
  narrowed();
  clearTimeout(typed);
  typed = setTimeout(() => list.read(), SETTLE);
});
let typed = 0;
connection.on("quarantine", (message) => {
  const { reason, uid } = list.filter;
  if ((reason && reason !== message.reason) || (uid && uid !== message.uid)) return;
  if (list.empty) { // nothing is being read that would move
    list.soon();
    soon();
    return;
  }
  fresh += 1;
  showFresh();
});
document.addEventListener("visibilitychange", () => !document.hidden && readCounts());
setInterval(() => list.tick(), 1000);
setInterval(() => !document.hidden && Promise.all([senders.read(), unread.read(), readCounts()]), REFRESH);
// Below what is loading: shown when it has its place, so that nothing moves under a pointer.
Promise.all([list.read(), readCounts(), senders.read(), unread.read()]).finally(() => (byId("messages-section").hidden = false));
