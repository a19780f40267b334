/** A device's token: a new one in place of the old, which stops working at once. */

import { el } from "../page/element.js";
import { devicePath, send } from "../page/rest.js";
import { shownOnce, trouble } from "./drawer.js";
import { t } from "../page/language.js";

/** @param {{uid: string, name: string, token_prefix: string}} device @param {(prefix: string) => void} rotated @returns {HTMLElement} */
export function tokenRotation(device, rotated) {
  const area = el("div", { class: "work-token" });
  const said = el("p", { class: "soft" }, ...(device.token_prefix ? [t("Its token begins with"), " ", el("code", { text: device.token_prefix }), "."] : [t("It has no token: it was adopted from the broker.")]));
  const begin = el("button", { class: "button", text: device.token_prefix ? t("Rotate the token") : t("Make a token"), attrs: { type: "button" }, on: { click: ask } });
  area.append(said, begin);

  function ask() {
    const field = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { "aria-label": t("Name of the device"), autocomplete: "off", spellcheck: "false" } }));
    const act = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: t("Rotate"), attrs: { type: "button", disabled: "" } }));
    const form = el("div", { class: "work-confirm" }, el("p", {}, t("Its present token stops working at once, and what it sends over HTTP is refused until it has the new one. Type {name} to go on.", { name: device.name })), field, act,
      el("button", { class: "button", text: t("Cancel"), attrs: { type: "button" }, on: { click: () => { area.replaceChildren(said, begin); begin.focus(); } } }));
    field.addEventListener("input", () => { act.disabled = field.value.trim() !== device.name; });
    field.addEventListener("keydown", (event) => event.key === "Enter" && !act.disabled && act.click());
    act.addEventListener("click", async () => {
      act.disabled = true;
      try {
        const { token, token_prefix } = await send("POST", `${devicePath(device.uid)}/rotate-token/`);
        area.replaceChildren(el("p", { class: "soft", text: t("The new token, shown this once. Write it into the device now.") }), shownOnce(token, t("Copy the token")));
        rotated(token_prefix);
      } catch (error) {
        act.disabled = false;
        area.querySelector(".wrong")?.remove();
        area.append(trouble(/** @type {Error} */ (error).message));
      }
    });
    area.replaceChildren(form);
    field.focus();
  }
  return area;
}
