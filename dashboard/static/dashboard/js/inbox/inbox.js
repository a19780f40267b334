/** The inbox: devices that nobody has registered, to adopt one by one or together, to ignore, or to merge. */

import { byId, el, endTrouble, setText, showRows, showTrouble } from "../page/element.js";
import { candidateRow } from "./candidate-row.js";
import { keepRead } from "../live/live.js";
import { get, send } from "../page/rest.js";
import { ListReading } from "../page/list-reading.js";
import { kinds } from "./groups.js";
import { counted, number } from "../page/format.js";
import { showChips } from "../page/chips.js";
import { showInAddress } from "../page/address.js";
import { outcome } from "../quarantine/replay.js";
import { recognised, t } from "../page/language.js";

const TYPED = 300; // ms after the last key
const SOON = 1_500; // ms between two reads while devices keep appearing
const REFRESH = 10_000; // ms between two reads of counts and values

/** @typedef {import("./candidate-row.js").Candidate} Candidate */

const sites = JSON.parse(byId("sites").textContent);
const query = new URLSearchParams(location.search);
let convention = query.get("convention") ?? "";
let ignored = query.get("ignored") === "1";
let timer = 0;
byId("search").value = query.get("search") ?? "";

const reading = new ListReading({
  question: () => String(showInAddress({ convention, search: byId("search").value.trim(), ignored: ignored ? "1" : "" })),
  ask: (question) => get(`/api/v1/inbox/${question && `?${question}`}`),
  show: (answer) => {
    show(answer);
    endTrouble(byId("trouble"));
  },
  failed: ({ message }, again) => showTrouble(byId("trouble"), t("The inbox could not be read. {message}", { message }), again),
});

function read() {
  clearTimeout(timer);
  timer = 0;
  return reading.read();
}

/** @param {{total: number, most: number, turned_away: number, memory_full: Record<string, number>, conventions: Record<string, number>, devices: Candidate[]}} answer */
function show({ total, most, turned_away: away, memory_full: forgotten, conventions, devices }) {
  byId("full").hidden = !away;
  setText(byId("full"), away ? t("{most} wait or are ignored, and no more can. {away} of others were counted and are not kept. Who was silent for a day makes room.",
    { most: number(most, 0), away: counted(away, "message") }) : "");
  const full = Object.keys(forgotten);
  byId("memory").hidden = !full.length;
  setText(byId("memory"), full.length ? t("More devices speak {conventions} than are remembered: names, units and births of some are not known. Are their ids random, listen to fewer topics.",
    { conventions: full.join(", ") }) : "");
  setText(byId("count"), total ? `${number(total, 0)}` : "");
  byId("ignored").setAttribute("aria-pressed", String(ignored));
  setText(byId("inbox-title"), ignored ? t("Ignored for ever") : t("Devices that nobody has registered"));
  showChips(byId("conventions"), Object.entries(conventions), { chosen: convention, choose: (name) => {
    convention = name;
    read();
  } });
  showDevices(devices);
  showTogether(total, devices);
  byId("waiting-empty").hidden = devices.length > 0;
  const narrowed = convention || byId("search").value.trim();
  const none = ignored ? t("No device is ignored.") : t("Nobody waits. A device that sends and that nobody has registered shows here, with what it says of itself. A Tasmota plug, Zigbee2MQTT or a Shelly needs no more than the broker's address and the account pulseboard.gateway.");
  setText(byId("waiting-empty"), narrowed ? t("No device is like this.") : none);
}

/** What is being written in stays as it is. @param {Candidate[]} devices */
function showDevices(devices) {
  const list = byId("waiting");
  const held = new Map([...list.children].map((row) => [row.dataset.uid, row]));
  const rows = devices.map((found) => {
    const before = held.get(found.uid);
    const busy = before && (before.contains(document.activeElement) || before.querySelector(".wrong, details[open]"));
    return busy ? before : candidateRow(found, sites, acts);
  });
  showRows(list, rows);
}

/** @param {number} total @param {Candidate[]} devices */
function showTogether(total, devices) {
  const area = byId("together");
  area.hidden = !convention || ignored || total < 2 || byId("search").value.trim() !== "";
  if (area.hidden) return area.replaceChildren();
  const button = (/** @type {string} */ text, /** @type {any} */ which) => el("button", { class: "button", text: t("Adopt {text}", { text }), data: { needs: "administrator" }, on: { click: (/** @type {any} */ event) => together(event.currentTarget, text, which) } });
  const whole = total === devices.length ? kinds(devices) : [];
  area.replaceChildren(button(t("all {total} of {convention}", { total: number(total, 0), convention }), { convention }), ...whole.map(({ kind, text }) => button(text, { convention, kind })));
}

async function together(/** @type {HTMLButtonElement} */ button, /** @type {string} */ text, /** @type {any} */ which) {
  if (!confirm(t("Adopt {text}? Each becomes a device under the name it says.", { text }))) return;
  button.disabled = true;
  let adopted = 0;
  try {
    let last;
    do {
      last = await send("POST", "/api/v1/inbox/adopt/", which);
      adopted += last.adopted.length;
      tell(last.refused.length ? t("{adopted} adopted, {refused} refused: {detail}. {replay}", { adopted: number(adopted, 0), refused: last.refused.length, detail: recognised(last.refused[0].detail), replay: outcome(last.replay) }) : t("{adopted} adopted. {replay}", { adopted: number(adopted, 0), replay: outcome(last.replay) }));
    } while (last.more && last.adopted.length);
  } catch (error) {
    tell(`${adopted ? t("{adopted} adopted. Then it failed: ", { adopted: number(adopted, 0) }) : t("Not adopted: ")}${/** @type {Error} */ (error).message}`);
  }
  await read();
}

/** @type {import("./candidate-row.js").Acts} */
const acts = {
  async adopt(uid, facts) {
    const { adopted, refused, replay } = await send("POST", "/api/v1/inbox/adopt/", { uids: [uid], ...facts });
    if (!adopted.length) throw new Error(recognised(refused[0]?.detail) || t("It does not wait any more."));
    tell(t("{name} is a device now. {outcome}", { name: facts.name ?? uid, outcome: outcome(replay) }), uid);
    leave(uid);
  },
  async ignore(uid, wanted) {
    await send("POST", "/api/v1/inbox/ignore/", { uids: [uid], ignored: wanted });
    tell(wanted ? t("{uid} is ignored.", { uid }) : t("{uid} waits again.", { uid }));
    leave(uid);
  },
  async merge(uid, device) {
    const { replay } = await send("POST", `/api/v1/inbox/${encodeURIComponent(uid)}/merge/`, { device });
    tell(t("{uid} is {device}. {replay}", { uid, device, replay: outcome(replay) }), device);
    leave(uid);
  },
};

/** @param {string} text @param {string} [uid] of a device to open */
function tell(text, uid) {
  byId("outcome").hidden = false;
  byId("outcome").replaceChildren(el("span", { text }), ...(uid ? [el("a", { class: "link", text: t("Open it"), attrs: { href: `/devices/${encodeURIComponent(uid)}/` } })] : []));
}

function leave(/** @type {string} */ uid) {
  document.querySelector(`#waiting [data-uid="${CSS.escape(uid)}"]`)?.remove();
  read();
}

function soon() {
  if (!timer && !document.hidden) timer = setTimeout(read, SOON);
}

/** Whom one may mean by "a device I have", as far as they fit into a list of suggestions. */
async function readDevices() {
  try {
    const { results } = await get("/api/v1/devices/?page_size=1000");
    byId("devices").replaceChildren(...results.map((/** @type {any} */ device) => el("option", { text: device.name, attrs: { value: device.uid } })));
  } catch {
    // A uid can be typed without suggestions.
  }
}

byId("search").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(read, TYPED);
});
byId("ignored").addEventListener("click", () => {
  ignored = !ignored;
  convention = "";
  read();
});
keepRead(["inbox"], soon, read);
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(() => !document.hidden && read(), REFRESH);
readDevices();
