/** The quarantine page: what could not be stored, to look at, replay or discard, and topics that nobody reads. */

import { words } from "./advice.js";
import { added, NOTHING, outcome, replay } from "./replay.js";
import { byId, el, setText } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { send } from "../page/rest.js";
import { number } from "../page/format.js";
import { QuarantineGroups } from "./quarantine-groups.js";
import { showInAddress } from "../page/address.js";
import { serverNow } from "../time/clock.js";
import { UnreadTopics } from "./unread-topics.js";
import { waitingRead } from "../frame/waiting.js";
import { t } from "../page/language.js";

const REFRESH = 10_000; // ms between two reads of it all

const query = new URLSearchParams(location.search);
const groups = new QuarantineGroups({
  reason: query.get("reason") ?? "", uid: query.get("uid") ?? "", changed: () => void read(), narrowed: () => narrowed(),
});
const unread = new UnreadTopics();
let replaying = false;

async function read() {
  await Promise.all([groups.read(), unread.read()]);
  second();
}

function second() {
  groups.tick(serverNow());
  const { reason, uid } = groups;
  const what = [uid && t("of {uid}", { uid }), reason && `“${words(reason)}”`].filter(Boolean).join(" ");
  setText(byId("replay-all"), [t("Replay all"), groups.messages ? number(groups.messages, 0) : "", what].filter(Boolean).join(" "));
  byId("replay-all").disabled = replaying || groups.messages === 0;
}

function narrowed() {
  showInAddress({ reason: groups.reason, uid: groups.uid });
  second();
}

/** What is shown, as selections; of each device at once, so that its messages stay in their order. */
function selections() {
  // Until now only: what goes on arriving bad would never let it end.
  const wanted = { ...(groups.reason ? { reason: groups.reason } : {}), to: serverNow() };
  return groups.uid ? [...new Set(groups.wanted.map(({ uid }) => uid))].map((uid) => ({ ...wanted, uid })) : [wanted];
}

async function replayAll() {
  replaying = true;
  second();
  const bar = /** @type {HTMLProgressElement} */ (el("progress", { attrs: { "aria-label": t("Replaying") } }));
  const text = el("span", { text: t("Replaying") });
  const close = el("button", { class: "button bare tiny", text: t("Close"), on: { click: () => (byId("outcome").hidden = true) } });
  byId("outcome").replaceChildren(text, bar);
  byId("outcome").hidden = false;
  let sum = NOTHING;
  try {
    for (const selection of selections()) {
      const before = sum;
      await replay(send, selection, (these) => {
        sum = added(before, these);
        setText(text, t("{replayed} replayed", { replayed: number(sum.replayed, 0) }));
      });
    }
    setText(text, outcome(sum) + (sum.more ? t(" More are left; replay them by group.") : ""));
  } catch (error) {
    setText(text, `${sum.replayed ? t("{outcome} Then it failed: ", { outcome: outcome(sum) }) : t("Not replayed: ")}${/** @type {Error} */ (error).message}`);
  }
  bar.remove();
  byId("outcome").append(close);
  replaying = false;
  await read();
}

byId("replay-all").addEventListener("click", replayAll);
byId("uid").value = groups.uid;
byId("uid").addEventListener("input", () => {
  groups.uid = byId("uid").value.trim();
  groups.show();
  narrowed();
});
const first = keepRead(["quarantine", "quarantine_left"], () => groups.soon(), read);
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(second, 1000);
setInterval(() => !document.hidden && read(), REFRESH);
// Below what is loading: shown when it has its place, so that nothing moves under a pointer.
Promise.all([first, waitingRead()]).finally(() => (byId("groups-section").hidden = false));
