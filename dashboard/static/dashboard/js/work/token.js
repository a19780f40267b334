/** A device's token: a new one beside the old, which works for as long as is chosen; or none at all. */

import { el } from "../page/element.js";
import { devicePath, get, send } from "../page/rest.js";
import { shownOnce, trouble } from "./drawer.js";
import { moment } from "../time/moment.js";
import { t } from "../page/language.js";

/** Of the old token, in seconds. @returns {Array<[number, string]>} */
const keeps = () => [[3600, t("For an hour")], [86400, t("For a day")], [604800, t("For a week")], [0, t("Not any more")]];

/** @param {{uid: string, name: string, token_prefix: string, mqtt_username: string, former_token_until: string | null}} device @param {(prefix: string) => void} rotated @returns {HTMLElement} */
export function tokenRotation(device, rotated) {
  const area = el("div", { class: "work-token" });
  const said = el("div", { class: "soft" }, ...(device.token_prefix
    ? [el("p", {}, t("Its token begins with"), " ", el("code", { text: device.token_prefix }), t(". Over MQTT it is the password of"), " ", el("code", { text: device.mqtt_username }), "."),
      device.former_token_until ? el("p", { text: t("The one before works until {time}.", { time: moment(Date.parse(device.former_token_until)) }) }) : ""]
    : [el("p", { text: t("It has no token.") })]));
  const begin = el("button", { class: "button", text: device.token_prefix ? t("Rotate the token") : t("Make a token"), attrs: { type: "button" }, on: { click: ask } });
  const revoke = device.token_prefix ? el("button", { class: "button bare", text: t("Revoke it"), attrs: { type: "button" }, on: { click: askToRevoke } }) : "";
  area.append(said, begin, revoke);
  if (device.token_prefix) atBroker(said);

  /** Whether the broker knows it, where it keeps accounts. @param {HTMLElement} where */
  async function atBroker(where) {
    const { state, error } = await get(`${devicePath(device.uid)}/mqtt-account/`).catch((failed) => ({ state: "refused", error: failed.message }));
    const texts = { told: t("The broker knows it."), waiting: t("It waits for the broker."), refused: error, untold: "" };
    const text = texts[/** @type {keyof texts} */ (state)];
    if (text) where.append(el("p", { class: state === "refused" ? "wrong" : "soft", text }));
  }

  /** @param {string} text @param {string} word on the button @param {Array<HTMLElement | string>} more @param {() => Promise<void>} act */
  function confirm(text, word, more, act) {
    const field = /** @type {HTMLInputElement} */ (el("input", { class: "field", attrs: { "aria-label": t("Name of the device"), autocomplete: "off", spellcheck: "false" } }));
    const button = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: word, attrs: { type: "button", disabled: "" } }));
    field.addEventListener("input", () => { button.disabled = field.value.trim() !== device.name; });
    field.addEventListener("keydown", (event) => event.key === "Enter" && !button.disabled && button.click());
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await act();
      } catch (error) {
        button.disabled = false;
        area.querySelector(".wrong")?.remove();
        area.append(trouble(/** @type {Error} */ (error).message));
      }
    });
    area.replaceChildren(el("div", { class: "work-confirm" }, ...more, el("p", { text }), field, button,
      el("button", { class: "button", text: t("Cancel"), attrs: { type: "button" }, on: { click: () => { area.replaceChildren(said, begin, revoke); begin.focus(); } } })));
    field.focus();
  }

  function ask() {
    const keep = /** @type {HTMLSelectElement} */ (el("select", { class: "field", attrs: { "aria-label": t("The present token still works") } },
      ...keeps().map(([seconds, text]) => el("option", { text, attrs: { value: String(seconds) } }))));
    const choice = device.token_prefix ? [el("label", {}, t("The present token still works"), " ", keep)] : [];
    confirm(t("What still sends with a token that works no more is refused. Type {name} to go on.", { name: device.name }), t("Rotate"), choice, async () => {
      const made = await send("POST", `${devicePath(device.uid)}/rotate-token/`, { keep: Number(keep.value) });
      area.replaceChildren(el("p", { class: "soft", text: t("The new token, shown this once. Write it into the device now.") }), shownOnce(made.token, t("Copy the token")),
        el("p", { class: "soft" }, t("Its user name over MQTT:"), " ", el("code", { text: made.mqtt_username })));
      rotated(made.token_prefix);
    });
  }

  function askToRevoke() {
    confirm(t("All its tokens stop at once, and it has none until you make one. Type {name} to go on.", { name: device.name }), t("Revoke"), [], async () => {
      await send("POST", `${devicePath(device.uid)}/revoke-token/`);
      area.replaceChildren(el("p", { class: "soft", text: t("It has no token.") }));
      rotated("");
    });
  }
  return area;
}
