/** One quarantined message: what came, why it is here, and what can be done with it. */

import { words } from "./advice.js";
import { age, size } from "../page/format.js";
import { moment } from "../time/moment.js";
import { el, stateMark } from "../page/element.js";
import { get, RestError, send } from "../page/rest.js";
import { outcome } from "./replay.js";
import { serverNow } from "../time/clock.js";
import { wireDiscard } from "./undo.js";
import { recognised, t } from "../page/language.js";

/** @param {any} message as in `GET quarantine/` @param {() => void} changed told when it has left quarantine */
export function quarantineRow(message, changed) {
  const at = Date.parse(message.received_at);
  const payload = el("pre", { class: "payload", text: message.payload });
  const properties = el("pre", { class: "payload", attrs: { hidden: "", "aria-label": t("Properties") } });
  const details = el("details", {},
    el("summary", {},
      stateMark(message.partial ? "partial" : "rejected", recognised(message.detail) || words(message.reason)),
      el("span", { class: "quiet mono clip excerpt", text: message.payload.slice(0, 160) }),
      el("time", { class: "quiet", text: age(Math.max(0, serverNow() - at)), attrs: { title: moment(at) }, data: { at: String(at) } })),
    el("p", { class: "soft", text: recognised(message.detail) }),
    el("p", { class: "small quiet", text: [moment(at), message.topic, size(message.payload_size), message.worker, message.retained ? "retained" : "",
      message.partial ? t("its good values were stored") : ""].filter(Boolean).join(" · ") }),
    payload, properties);
  const row = el("li", { data: { id: String(message.id) } }, details);
  details.addEventListener("toggle", () => whole(message.id, payload, properties), { once: true });
  details.append(actions(message, row, changed));
  return row;
}

/** The list has the beginning of a payload; opened, a row has all that was kept. */
async function whole(/** @type {number} */ id, /** @type {HTMLElement} */ payload, /** @type {HTMLElement} */ properties) {
  try {
    const message = await get(`/api/v1/quarantine/${id}/`);
    payload.textContent = message.payload;
    properties.hidden = Object.keys(message.properties).length === 0;
    properties.textContent = JSON.stringify(message.properties, null, 2);
  } catch {
    // The beginning stays; a message replayed or discarded elsewhere has no more.
  }
}

/** @param {any} message @param {HTMLElement} row @param {() => void} changed */
function actions(message, row, changed) {
  const said = el("span", { class: "said", attrs: { role: "status" } });
  const replay = /** @type {HTMLButtonElement} */ (el("button", { class: "button tiny", text: t("Replay"), data: { needs: "operator" } }));
  const discard = /** @type {HTMLButtonElement} */ (el("button", { class: "button tiny", text: t("Discard"), data: { needs: "operator" } }));
  const gone = (/** @type {string} */ word) => {
    row.classList.add("is-gone");
    said.textContent = word;
    replay.hidden = discard.hidden = true;
    changed();
  };
  replay.addEventListener("click", async () => {
    replay.disabled = true;
    said.textContent = t("Replaying");
    try {
      const result = await send("POST", `/api/v1/quarantine/${message.id}/replay/`);
      said.textContent = outcome(result);
      if (result.stored) gone(outcome(result));
    } catch (error) {
      if (error instanceof RestError && error.status === 404) gone(t("It is no longer here."));
      else said.textContent = /** @type {Error} */ (error).message;
    } finally {
      replay.disabled = false;
    }
  });
  wireDiscard(discard, { row, said, what: () => t("Message {id} is", { id: message.id }), discard: async () => {
    await send("DELETE", `/api/v1/quarantine/${message.id}/`);
    gone(t("Discarded."));
  } });
  return el("div", { class: "row-acts" }, replay, discard, said);
}
