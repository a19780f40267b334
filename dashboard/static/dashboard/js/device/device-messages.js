/** The device's recent messages with what became of each. */

import { counted, size } from "../page/format.js";
import { clock } from "../time/moment.js";
import { devicePath, get } from "../page/rest.js";
import { byId, el, setText, stateMark } from "../page/element.js";
import { t } from "../page/language.js";
import { words } from "../quarantine/advice.js";

const EVERY = 4_000; // ms between two reads while in view
const SHOWN = 50; // messages, as many as the server keeps
const VERDICTS = new Map([["stored", t("Stored")], ["duplicate", t("Duplicate")], ["rejected", t("Rejected")], ["partial", t("Partial")]]);

/** What was in it, or what was wrong with it. @param {any} message */
function content({ verdict, reason, values, topic }) {
  if (verdict === "rejected" || verdict === "partial") return words(reason);
  if (values === 0 && topic.endsWith("/status")) return t("its status");
  return counted(values, "value");
}

/** @param {any} message */
function line(message) {
  const what = content(message);
  return el("li", { data: { key: `${message.at}|${message.topic}|${message.payload}` } },
    el("details", {},
      el("summary", {}, stateMark(message.verdict, VERDICTS.get(message.verdict)),
        el("span", { class: "soft clip", text: what }), el("time", { class: "quiet", text: clock(message.at) })),
      el("p", { class: "small quiet", text: `${message.topic} · ${size(message.size)}` }),
      ...(message.detail ? [el("p", { class: "small soft", text: message.detail })] : []),
      el("pre", { class: "payload", text: message.payload })));
}

/** @param {{uid: string, removed?: boolean}} device until it is removed */
export function followMessages(device) {
  const list = byId("messages");
  let seen = false;
  const read = async () => {
    if (document.hidden || !seen || device.removed) return;
    try {
      const { messages } = await get(`${devicePath(device.uid)}/messages/`);
      show(list, messages);
    } catch (error) {
      byId("messages-empty").hidden = list.children.length > 0;
      setText(byId("messages-empty"), t("Not loaded: {message}", { message: /** @type {Error} */ (error).message }));
    }
  };
  new IntersectionObserver(([entry]) => {
    seen = entry.isIntersecting;
    read();
  }).observe(list.parentElement);
  setInterval(read, EVERY);
}

/** Only new ones are added, so an opened one stays open. @param {HTMLElement} list @param {any[]} messages */
function show(list, messages) {
  byId("messages-empty").hidden = messages.length > 0;
  setText(byId("messages-empty"), t("None heard lately."));
  const held = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const nodes = messages.slice(0, SHOWN).map((message) => held.get(`${message.at}|${message.topic}|${message.payload}`) ?? line(message));
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild?.remove();
}
