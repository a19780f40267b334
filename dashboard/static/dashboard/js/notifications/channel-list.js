/** Where one is told: channels, with a test of each. */

import { byId, el } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { ask } from "../page/form-dialog.js";
import { duration } from "../page/format.js";
import { ThisBrowser } from "../push/this-browser.js";
import { when } from "../time/moment.js";
import { recognised, t } from "../page/language.js";
import { SEVERITIES } from "./words.js";

/** What a channel is told, as a form calls it. @type {Record<string, string>} */
const FIELDS = {
  to: t("recipient"), server: t("server"), room: t("room"), topic: t("topic"), token: t("token"), url: t("address"), chat: t("chat"), key: t("key"), service: t("service"),
};

/** @typedef {{id: number, name: string, kind: string, owner: string|null, shared: boolean, enabled: boolean, minimum: string, settings: any, secrets: string[],
 *   trouble: string, reached_at: number|null}} Channel
 * @typedef {{kind: string, label: string, fields: {name: string, help: string, secret: boolean, required: boolean, default: string}[]}} Kind */

/** A row with its name, what it says, and what can be done. @param {string} title @param {(Node|string)[]} said @param {HTMLElement[]} acts */
export function row(title, said, acts) {
  return el("li", {}, el("div", { class: "about" }, el("b", { text: title }), ...said), el("div", { class: "acts" }, ...acts));
}

/** @param {string} text @param {() => any} work @param {Record<string, string>} [attrs] */
export const act = (text, work, attrs = {}) => /** @type {HTMLButtonElement} */ (el("button", { class: "button tiny", text, attrs: { type: "button", ...attrs }, on: { click: work } }));

/** Carry it out once it is confirmed; whoever asked is told what went wrong. @param {string} question @param {string} path @param {() => any} then */
export async function remove(question, path, then) {
  if (!confirm(question)) return;
  try {
    await send("DELETE", path);
    await then();
  } catch (error) {
    alert(/** @type {Error} */ (error).message);
  }
}

export class ChannelList {
  /** @param {() => any} changed */
  constructor(changed) {
    this.changed = changed;
    this.browser = new ThisBrowser(changed);
    /** @type {Kind[]} */ this.kinds = [];
    /** @type {Map<number, string>} what a test of each said */ this.tests = new Map();
    byId("add-channel").addEventListener("click", () => this.#choose());
  }

  /** Raises what `get` raises. @param {string} user */
  async read(user) {
    if (!this.kinds.length) this.kinds = (await get("/api/v1/channels/kinds/")).kinds;
    const { channels, now } = await get("/api/v1/channels/");
    /** @type {Channel[]} */ this.channels = channels;
    const own = channels.filter((/** @type {Channel} */ each) => each.owner === user);
    await this.browser.show(own);
    const rooms = channels.filter((/** @type {Channel} */ each) => each.shared);
    byId("own-channels").replaceChildren(...own.map((/** @type {Channel} */ each) => this.#row(each, now)));
    byId("rooms").replaceChildren(...rooms.map((/** @type {Channel} */ each) => this.#row(each, now)));
    byId("own-channels-empty").hidden = own.length > 0;
    byId("own-channels-empty").textContent = t("No channel of your own yet: nobody can tell you anything.");
    byId("rooms-empty").hidden = rooms.length > 0;
    byId("rooms-empty").textContent = t("No shared channel yet, such as a team’s room.");
  }

  #label(/** @type {string} */ kind) {
    return recognised(this.kinds.find((each) => each.kind === kind)?.label ?? kind);
  }

  #row(/** @type {Channel} */ channel, /** @type {number} */ now) {
    const path = `/api/v1/channels/${channel.id}/`;
    const reached = channel.trouble ? recognised(channel.trouble) : channel.reached_at ? t("reached {reached_at}", { reached_at: when(channel.reached_at, now) }) : t("never used");
    const result = el("p", { class: "small", text: this.tests.get(channel.id) ?? "", attrs: { role: "status" } });
    const on = act(channel.enabled ? t("On") : t("Off"), async () => {
      await send("PATCH", path, { enabled: !channel.enabled });
      await this.changed();
    }, { role: "switch", "aria-checked": String(channel.enabled), "aria-label": t("{name} is told", { name: channel.name }) });
    const test = act(t("Send a test"), () => this.#test(channel, test, result), { "aria-label": t("Send a test on {name}", { name: channel.name }) });
    const edit = act(t("Edit"), () => this.#edit(channel), { "aria-label": t("Edit {name}", { name: channel.name }) });
    const away = act(t("Delete"), () => remove(t("Delete the channel “{name}”?", { name: channel.name }), path, this.changed), { "aria-label": t("Delete {name}", { name: channel.name }) });
    return row(channel.name, [el("span", { class: "small quiet", text: `${this.#label(channel.kind)} · ` }),
      el("span", { class: `small ${channel.trouble ? "error" : "quiet"}`, text: reached }), result], [test, on, edit, away]);
  }

  async #test(/** @type {Channel} */ channel, /** @type {HTMLButtonElement} */ button, /** @type {HTMLElement} */ result) {
    button.disabled = true;
    result.textContent = t("Sending");
    try {
      const { outcome, status, answer, took_ms: took } = await send("POST", `/api/v1/channels/${channel.id}/test/`);
      const word = outcome === "taken" ? t("Taken") : outcome === "unanswered" ? t("No answer") : t("Not taken");
      result.textContent = `${t("{outcome} in {took}", { outcome: word, took: duration(took) })}${status ? `, ${status}` : ""}${answer ? `: ${recognised(answer)}` : "."}`;
    } catch (error) {
      result.textContent = t("Not sent: {message}", { message: /** @type {Error} */ (error).message });
    }
    this.tests.set(channel.id, result.textContent ?? "");
    button.disabled = false;
  }

  #choose() {
    // A browser is added by its own button, which asks it for an address.
    const kinds = this.kinds.filter(({ kind }) => kind !== "web_push").map(({ kind, label }) => ({ value: kind, label: recognised(label) }));
    ask({ title: t("New channel"), act: t("Next"), fields: [
      { name: "kind", label: t("Kind"), type: "select", options: kinds },
      { name: "shared", label: t("Shared: a team’s room, nobody’s own"), type: "check" },
    ], save: async (chosen) => chosen, saved: ({ kind, shared }) => this.#form(kind, shared) });
  }

  #form(/** @type {string} */ kind, /** @type {boolean} */ shared) {
    const fields = this.kinds.find((each) => each.kind === kind)?.fields ?? [];
    ask({ title: t("New channel: {label}", { label: this.#label(kind) }), fields: [{ name: "name", label: t("Name"), attrs: { maxlength: "100" } }, from("info"), ...fields.map((each) => this.#field(each, {}))],
      save: ({ name, minimum, ...facts }) => send("POST", "/api/v1/channels/", { kind, shared, name, minimum, ...this.#parted(fields, facts) }), saved: this.changed });
  }

  #edit(/** @type {Channel} */ channel) {
    const fields = this.kinds.find((each) => each.kind === channel.kind)?.fields ?? [];
    ask({ title: channel.name, fields: [{ name: "name", label: t("Name"), value: channel.name }, from(channel.minimum), ...fields.map((each) => this.#field(each, channel.settings, channel.secrets))],
      save: ({ name, minimum, ...facts }) => send("PATCH", `/api/v1/channels/${channel.id}/`, { name, minimum, ...this.#parted(fields, facts) }), saved: this.changed });
  }

  #field(/** @type {Kind["fields"][number]} */ field, /** @type {any} */ settings, /** @type {string[]} */ secrets = []) {
    const place = field.secret ? "secrets" : "settings";
    const kept = field.secret && secrets.includes(field.name) ? t(" Leave it empty to keep it.") : "";
    return { name: `${place}.${field.name}`, label: FIELDS[field.name] ?? field.name.replaceAll("_", " "), value: settings[field.name] ?? field.default, hint: `${recognised(field.help)}${kept}`,
      type: field.secret ? "password" : "text", attrs: { autocomplete: field.secret ? "new-password" : "off", spellcheck: "false" }, wide: true };
  }

  /** Settings and secrets apart, as the server takes them; a secret left empty stays. */
  #parted(/** @type {Kind["fields"]} */ fields, /** @type {Record<string, string>} */ facts) {
    const given = (/** @type {boolean} */ secret) => Object.fromEntries(fields.filter((each) => each.secret === secret)
      .map(({ name }) => [name, facts[`${secret ? "secrets" : "settings"}.${name}`]])
      .filter(([, value]) => value !== ""));
    return { settings: given(false), secrets: given(true) };
  }
}

/** From which severity on a channel is told. */
const from = (/** @type {string} */ value) => ({ name: "minimum", label: t("Alerts from"), type: "select", options: SEVERITIES, value });
