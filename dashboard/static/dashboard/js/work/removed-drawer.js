/** Deleted devices: have them back, or delete them for good. */

import { age } from "../page/format.js";
import { keepRead } from "../live/live.js";
import { devicePath, get, send } from "../page/rest.js";
import { Drawer, trouble } from "./drawer.js";
import { el } from "../page/element.js";
import { inTurn } from "../page/in-turn.js";
import { moment } from "../time/moment.js";
import { restoreDevices } from "./undo.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

/** @type {(() => void)|null} */
let read = null;
keepRead(["device"], () => read?.());

export function openRemoved() {
  const drawer = new Drawer(t("Deleted devices"), { closed: () => { read = null; } });
  const list = el("ol", { class: "work-removed" });
  drawer.body.append(el("p", { class: "soft", text: t("Restored, a device has all it had: readings, rules, token. What it sends meanwhile waits in quarantine and is stored then.") }), list);
  read = inTurn(async () => {
    try {
      const { results, count } = await get("/api/v1/removed-devices/?page_size=200");
      list.replaceChildren(...results.map(row), ...(count > results.length ? [el("li", { class: "quiet", text: t("and {n} more", { n: count - results.length }) })] : []));
      if (!results.length) list.replaceChildren(el("li", { class: "quiet", text: t("None. What is deleted stands here for 7 days.") }));
    } catch (error) {
      list.replaceChildren(el("li", {}, trouble(/** @type {Error} */ (error).message), el("button", { class: "button", text: t("Try again"), on: { click: () => read?.() } })));
    }
  });
  read();
}

function row(/** @type {any} */ { uid, name, removed, by, gone }) {
  const now = serverNow();
  const when = by ? t("by {name}, {age} ago", { name: by, age: age(now - removed) }) : t("{age} ago", { age: age(now - removed) });
  const acts = el("p", { class: "work-acts" },
    el("button", { class: "button tiny", text: t("Restore it"), on: { click: async () => { if (await restoreDevices([uid])) read?.(); } } }),
    el("button", { class: "button tiny", text: t("Delete for good"), on: { click: () => ask() } }));
  const area = el("li", { class: "work-row" }, el("p", {}, el("b", { text: name }), " ", el("span", { class: "mono small quiet", text: uid })),
    el("p", { class: "small quiet", text: `${when} · ${t("gone for good on {when}", { when: moment(gone) })}` }), acts);
  const ask = () => {
    const field = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { "aria-label": t("Name of the device"), autocomplete: "off" } }));
    const act = /** @type {HTMLButtonElement} */ (el("button", { class: "button danger", text: t("Delete for good"), attrs: { disabled: "" } }));
    field.addEventListener("input", () => { act.disabled = field.value.trim() !== name; });
    act.addEventListener("click", async () => {
      act.disabled = true;
      try {
        await send("DELETE", `${devicePath(uid)}/`);
        read?.();
      } catch (error) {
        acts.append(trouble(/** @type {Error} */ (error).message));
      }
    });
    acts.replaceWith(el("div", { class: "work-confirm" }, el("p", { text: t("Its readings go as well, and nothing brings them back. Type {name} to go on.", { name }) }), field, act));
    field.focus();
  };
  return area;
}
