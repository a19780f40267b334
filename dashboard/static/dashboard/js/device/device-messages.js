/** The device's recent messages with what became of each. */

import { counted, size } from "../page/format.js";
import { clock } from "../time/moment.js";
import { connection } from "../live/live.js";
import { devicePath, get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { byId, el, setText, stateMark } from "../page/element.js";
import { recognised, t } from "../page/language.js";
import { words } from "../quarantine/advice.js";

const EVERY = 4_000; // ms between two reads while in view
const SHOWN = 50; // messages, as many as the server keeps
const VERDICTS = new Map([["stored", t("Stored")], ["duplicate", t("Duplicate")], ["rejected", t("Rejected")], ["partial", t("Partial")], ["discarded", t("Discarded")]]);

/** What was in it, or what was wrong with it. @param {any} message */
function content({ reason, values, topic }) {
  if (reason) return words(reason);
  if (values === 0 && topic.endsWith("/status")) return t("its status");
  return counted(values, "value");
}

/** @param {any} message */
const keyOf = (message) => `${message.at}|${message.topic}|${message.payload}`;
/** What became of it, which changes when it is replayed or discarded. @param {any} message */
const fateOf = (message) => `${message.verdict}|${message.reason}|${message.values}`;

/** @param {any} message @param {boolean} [open] */
function line(message, open = false) {
  const what = content(message);
  return el("li", { data: { key: keyOf(message), fate: fateOf(message) } },
    el("details", { attrs: open ? { open: "" } : {} },
      el("summary", {}, stateMark(message.verdict, VERDICTS.get(message.verdict)),
        el("span", { class: "soft clip", text: what }), el("time", { class: "quiet", text: clock(message.at) })),
      el("p", { class: "small quiet", text: `${message.topic} · ${size(message.size)}` }),
      ...(message.detail ? [el("p", { class: "small soft", text: recognised(message.detail) })] : []),
      el("pre", { class: "payload", text: message.payload })));
}

/** @param {{uid: string, removed?: boolean}} device until it is removed */
export function followMessages(device) {
  const list = byId("messages");
  let seen = false;
  const read = inTurn(async () => {
    if (document.hidden || !seen || device.removed) return;
    try {
      const { messages } = await get(`${devicePath(device.uid)}/messages/`);
      show(list, messages);
    } catch (error) {
      byId("messages-empty").hidden = list.children.length > 0;
      setText(byId("messages-empty"), t("Not loaded: {message}", { message: /** @type {Error} */ (error).message }));
    }
  });
  connection.on("quarantine_left", read);
  new IntersectionObserver(([entry]) => {
    seen = entry.isIntersecting;
    read();
  }).observe(list.parentElement);
  setInterval(read, EVERY);
}

/** One that was opened stays open. @param {HTMLElement} list @param {any[]} messages */
function show(list, messages) {
  byId("messages-empty").hidden = messages.length > 0;
  setText(byId("messages-empty"), t("None heard lately."));
  const held = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, /** @type {HTMLElement} */ (node)]));
  const nodes = messages.slice(0, SHOWN).map((message) => {
    const node = held.get(keyOf(message));
    return node?.dataset.fate === fateOf(message) ? node : line(message, node?.querySelector("details")?.open);
  });
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild?.remove();
}
