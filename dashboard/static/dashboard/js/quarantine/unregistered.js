/** Senders no device is registered for: what they sent, and one click to register each. */

import { ago, humanise, number } from "../page/format.js";
import { moment } from "../time/moment.js";
import { byId, copies, el, icon, setText } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { outcome } from "./replay.js";
import { serverNow } from "../time/clock.js";

const METRICS = 12; // names shown of one sender

export class Unregistered {
  /** @param {() => void} changed called after a registration, whose replay took messages out of quarantine */
  constructor(changed) {
    this.changed = changed;
    this.sites = JSON.parse(byId("sites").textContent);
    this.list = byId("senders");
    /** Asked for beside the last heard, in the order of uids. @type {Map<string, any>} */
    this.more = new Map();
    this.after = "";
    byId("senders-more").addEventListener("click", () => this.#readMore());
  }

  async #readMore() {
    try {
      const { next, unregistered } = await get(`/api/v1/unregistered/?after=${encodeURIComponent(this.after)}`);
      for (const sender of unregistered) this.more.set(sender.uid, sender);
      this.after = next;
    } catch {
      // What is shown stays; the next read says what is wrong, and the button is there for another try.
    }
    await this.read();
  }

  async read() {
    try {
      const { total, unregistered } = await get("/api/v1/unregistered/");
      const held = new Map([...this.list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.uid, node]));
      const done = [...held.values()].filter((node) => node.querySelector(".done"));
      const last = new Set(unregistered.map((/** @type {any} */ sender) => sender.uid));
      const shown = [...unregistered, ...[...this.more.values()].filter((sender) => !last.has(sender.uid))];
      const rows = shown.map((/** @type {any} */ sender) => this.#row(sender, held.get(sender.uid)));
      // One being filled in stays where it is, and so does a token nobody has copied yet.
      if (!this.list.contains(document.activeElement)) this.list.replaceChildren(...done, ...rows);
      setText(byId("unregistered-count"), total ? `${number(total, 0)} ${total === 1 ? "sender" : "senders"}${total > shown.length ? `, ${number(shown.length, 0)} shown` : ""}` : "");
      byId("senders-more").hidden = total <= shown.length || this.after === null;
      byId("senders-empty").hidden = this.list.children.length > 0;
      setText(byId("senders-empty"), "None. Whoever sends without being registered appears here with what it sent.");
    } catch (error) {
      byId("senders-empty").hidden = false;
      setText(byId("senders-empty"), `Not loaded: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** @param {any} sender @param {Element|undefined} held */
  #row(sender, held) {
    const now = serverNow();
    const heard = `${number(sender.messages, 0)} ${sender.messages === 1 ? "message" : "messages"} · last ${ago(now - sender.last_seen)}`;
    if (held && !held.querySelector(".done")) {
      setText(held.querySelector(".heard"), heard);
      return held;
    }
    const reasons = Object.keys(sender.reasons).map((reason) => reason.replaceAll("_", " ")).join(", ");
    const metrics = sender.metrics.slice(0, METRICS).map((/** @type {string} */ m) => el("span", { class: "tag", text: humanise(m), attrs: { title: m } }));
    const row = el("li", { data: { uid: sender.uid } },
      el("div", { class: "who" }, el("span", { class: "uid mono", text: sender.uid }), el("span", { class: "small soft heard", text: heard }),
        el("span", { class: "small quiet", text: `first ${moment(sender.first_seen)} · ${reasons}` })),
      el("div", { class: "what" }, el("div", { class: "tags" }, ...metrics), el("code", { class: "small quiet clip", text: sender.sample, attrs: { title: sender.sample } })));
    row.append(this.#form(sender, row));
    return row;
  }

  #form(/** @type {any} */ sender, /** @type {HTMLElement} */ row) {
    const field = (/** @type {string} */ name, /** @type {string} */ label, value = "") =>
      el("input", { class: "field", attrs: { name, value, placeholder: label, "aria-label": `${label} of ${sender.uid}`, autocomplete: "off", maxlength: "100" } });
    const site = el("select", { class: "field", attrs: { name: "site", "aria-label": `Site of ${sender.uid}` } }, el("option", { text: "No site", attrs: { value: "" } }),
      ...this.sites.map((/** @type {any} */ s) => el("option", { text: s.name, attrs: { value: s.slug } })));
    site.hidden = this.sites.length === 0;
    const button = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: "Register" }));
    const form = /** @type {HTMLFormElement} */ (el("form", {}, field("name", "Name", sender.uid), site, field("kind", "Kind"), button));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const facts = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
      button.disabled = true;
      button.textContent = "Registering";
      row.querySelector(".wrong")?.remove();
      try {
        this.#registered(row, await send("POST", `/api/v1/unregistered/${encodeURIComponent(sender.uid)}/register/`, facts));
      } catch (error) {
        button.disabled = false;
        button.textContent = "Register";
        row.append(el("p", { class: "wrong", text: /** @type {Error} */ (error).message, attrs: { role: "alert" } }));
      }
    });
    return form;
  }

  #registered(/** @type {HTMLElement} */ row, /** @type {any} */ { device, token, replay }) {
    const copy = el("button", { class: "button", attrs: { type: "button" } }, icon("i-copy"), el("span", { text: "Copy token" }));
    copies(copy, () => token);
    row.replaceChildren(el("div", { class: "done", attrs: { role: "status" } },
      el("p", {}, el("b", { text: device.name }), ` is registered. ${outcome(replay)} `, el("a", { text: "Open it", attrs: { href: `/devices/${encodeURIComponent(device.uid)}/` } })),
      el("div", { class: "token" }, el("pre", { text: token }), copy),
      el("p", { class: "small quiet", text: "The device's token, shown this once: only its digest is kept." })));
    this.more.delete(device.uid);
    this.changed();
  }
}
