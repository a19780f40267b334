/** Register a device, and see its first message come. */

import { complaints } from "../page/form-dialog.js";
import { Drawer, shownOnce } from "./drawer.js";
import { EditForm } from "./edit-form.js";
import { byId, el } from "../page/element.js";
import { fields, siteOptions, some } from "./device-fields.js";
import { firstMessage } from "./first-message.js";
import { RestError, send } from "../page/rest.js";
import { t } from "../page/language.js";

const START = { expected_interval: 60, enabled: true, tags: [], site: null };

/** @param {any} device with its token @returns {string} what publishes a value as this device */
function publishLine({ uid, mqtt_username, token }) {
  const facts = byId("work-facts")?.dataset;
  const who = facts?.accounts === undefined ? "" : ` -u ${mqtt_username} -P ${token}`;
  return `mosquitto_pub ${facts?.broker ?? "-h localhost"}${who} -q 1 \\\n  -t devices/${uid}/telemetry -m '{"temperature": -18.5}'`;
}

/** @param {string} token @returns {string} the same over HTTP */
const postLine = (token) => `curl -H 'Authorization: Bearer ${token}' \\\n  -d '{"temperature": -18.5}' ${location.origin}/api/v1/telemetry/`;

/**
 * A form that registers; then what to publish, and the wait for it.
 * @param {{short?: boolean, typed?: (uid: string) => void, registered?: (device: any) => void}} [options] `short`: with the least
 * @returns {Promise<{element: HTMLElement, form: EditForm, isDirty: () => boolean}>} rejects when the sites cannot be read
 */
export async function registration({ short = false, typed = () => {}, registered = () => {} } = {}) {
  const all = fields(await siteOptions());
  const form = new EditForm(some(all, ...(short ? ["uid", "name", "site", "expected_interval"] : ["uid", "name", "site", "kind", "tags", "expected_interval", "location"])), () => typed(form.values.uid));
  form.show({ ...START, uid: "", name: "", kind: "", location: "" });
  const wrong = el("ul", { class: "wrong", attrs: { role: "alert", hidden: "" } });
  const act = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: t("Register") }));
  let done = false;
  const element = el("form", { class: "work-new", attrs: { novalidate: "" } }, form.element, wrong, el("p", {}, act));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    act.disabled = true;
    try {
      const device = await send("POST", "/api/v1/devices/", given(form.values));
      done = true;
      element.replaceChildren(...afterwards(device));
      registered(device);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      const left = error.status === 400 ? form.complain(complaints(error.body)) : [`${t("Not registered.")} ${error.message}`];
      wrong.replaceChildren(...left.map((text) => el("li", { text })));
      wrong.hidden = left.length === 0;
    } finally {
      act.disabled = false;
    }
  });
  return { element, form, isDirty: () => !done && form.isDirty };
}

/** What is not written down is left to the server. @param {Record<string, any>} values */
const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));

/** @param {any} device as it was registered, with its token */
function afterwards(device) {
  return [
    el("p", {}, t("{name} is registered. Its token, shown this once: it needs it to send.", { name: device.name })), shownOnce(device.token, t("Copy the token")),
    el("p", { text: t("Publish to its topic:") }), shownOnce(publishLine(device), t("Copy the command")),
    el("details", {}, el("summary", { text: t("Or over HTTP") }), shownOnce(postLine(device.token), t("Copy the command"))),
    firstMessage(device),
  ];
}

/** In a drawer. */
export async function openNewDevice() {
  /** @type {() => boolean} */ let isDirty = () => false;
  const drawer = new Drawer(t("Register a device"), { isDirty: () => isDirty() });
  drawer.body.append(el("p", { class: "quiet", text: t("Loading") }));
  try {
    const made = await registration();
    isDirty = made.isDirty;
    drawer.body.replaceChildren(made.element);
    /** @type {any} */ (made.element.querySelector("input"))?.focus();
  } catch (error) {
    drawer.body.replaceChildren(el("p", { class: "wrong", text: /** @type {Error} */ (error).message, attrs: { role: "alert" } }),
      el("button", { class: "button", text: t("Try again"), on: { click: () => openNewDevice() } }));
  }
}
