/** Waits in sight for the first message of a device, and says what came of it. */

import { age, bare, humanise } from "../page/format.js";
import { el, setText, stateMark } from "../page/element.js";
import { connection } from "../live/live.js";
import { devicePath, get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { recognised, t } from "../page/language.js";

const LOOK = 2_000; // ms between two looks; live events make it sooner

/** @type {Set<(uid: string) => void>} */
const waiting = new Set();
for (const op of ["series", "presence", "device"]) connection.on(op, (message) => waiting.forEach((look) => look(message.uid ?? message.device?.uid)));

/** @param {{uid: string, name: string}} device @returns {HTMLElement} */
export function firstMessage({ uid, name }) {
  const began = Date.now();
  const words = el("p", { class: "state big" });
  const more = el("p", { class: "soft" });
  const area = el("div", { class: "card work-first", attrs: { role: "status", "aria-live": "polite" } }, words, more);
  const waitingMark = stateMark("waiting", t("Waiting for the first message"));
  const since = el("span", { class: "quiet", attrs: { "aria-hidden": "true" } });
  words.replaceChildren(waitingMark, since);
  let refused = "";
  const look = inTurn(async () => {
    if (!waiting.has(heard)) return;
    try {
      const { series } = await get(`${devicePath(uid)}/latest/`);
      const there = series.filter((/** @type {any} */ each) => each.latest);
      if (there.length) return came(there);
      const { messages } = await get(`${devicePath(uid)}/messages/`);
      const bad = messages.find((/** @type {any} */ each) => each.reason || each.problems?.length || each.outcome === "rejected");
      refused = bad ? t("A message came that could not be stored: {why}", { why: recognised(bad.detail) || bad.reason || bad.outcome }) : "";
      setText(more, refused);
    } catch (error) {
      setText(more, `${/** @type {Error} */ (error).message} ${t("It is tried again.")}`);
    }
  });
  const heard = (/** @type {string} */ of) => { if (of === uid) look(); };
  const tick = setInterval(() => {
    if (!area.isConnected && Date.now() - began > LOOK) end();
    else setText(since, age(Date.now() - began));
  }, 1_000);
  const again = setInterval(() => !document.hidden && look(), LOOK);
  waiting.add(heard);
  function end() {
    clearInterval(tick);
    clearInterval(again);
    waiting.delete(heard);
  }
  function came(/** @type {any[]} */ series) {
    if (!waiting.has(heard)) return;
    end();
    area.classList.add("is-there");
    words.replaceChildren(stateMark("online", t("It came")));
    more.replaceChildren(el("span", { text: series.slice(0, 3).map((one) => `${one.label || humanise(one.metric)} ${bare(one.latest[1], one)}${one.unit && ` ${one.unit}`}`).join(" · ") }), " ",
      el("a", { class: "link", text: t("Open {name}", { name }), attrs: { href: `/devices/${encodeURIComponent(uid)}/` } }));
  }
  look();
  return area;
}
