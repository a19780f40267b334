/** One entry of the log: who, when, about what, what was said, and what one may do about it. */

import { act, drafts, me } from "./desk.js";
import { by, EDIT_WITHIN, initials, markOf, REACTIONS, span, viewWords } from "./words.js";
import { chartsOf } from "./views.js";
import { el, icon, stateMark, toast } from "../page/element.js";
import { firstWords } from "./markdown.js";
import { day, hourAndMinute, moment } from "../time/moment.js";
import { isSaid } from "./stream.js";
import { roleAt } from "../page/role.js";
import { serverNow } from "../time/clock.js";
import { written } from "./written.js";
import { t, tn, worded } from "../page/language.js";

const LEAD = 80; // characters shown of what is answered

/** @typedef {import("./stream.js").Entry} Entry */

export class EntryRow {
  /** @param {Entry} entry @param {{open: (id: number, answer: boolean) => void, of: (id: number) => Entry|undefined, within?: "device"|"site"|"thread"}} list
   *   `open`: a thread by the id of its first entry; `of`: an entry the page holds; `within`: what need not be said again */
  constructor(entry, list) {
    this.list = list;
    this.entry = entry;
    this.editing = false;
    this.element = el("li", { class: "entry", data: { id: String(entry.id) }, attrs: { tabindex: "-1" } });
    this.#build();
  }

  /** @param {Entry} entry a newer form of it */
  update(entry) {
    if (entry === this.entry) return;
    this.entry = entry;
    if (this.editing && !entry.deleted) return; // shown once it was saved or let go
    const focused = this.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.act : undefined;
    const opened = this.element.querySelector(".entry-acts") !== null;
    this.editing = false;
    this.#build();
    if (opened) this.#toggleActs();
    if (focused) /** @type {HTMLElement|null} */ (this.element.querySelector(`[data-act="${focused}"]`))?.focus();
  }

  #build() {
    const { entry } = this;
    this.element.dataset.role = roleAt(entry.site?.slug ?? null);
    this.element.className = `entry ${isSaid(entry) ? "is-said" : "is-noted"}${entry.deleted ? " is-deleted" : ""}${entry.pinned ? " is-pinned" : ""}${entry.mentions.includes(me) ? " names-me" : ""}`;
    this.element.replaceChildren(...(isSaid(entry) ? this.#said() : this.#noted()));
  }

  /** What a person wrote. */
  #said() {
    const { entry } = this;
    const who = by(entry);
    this.body = el("div", { class: "entry-body" }, ...this.#answered(), entry.deleted
      ? el("p", { class: "quiet", text: t("Deleted by {name}.", { name: entry.facts.deleted_by || who }) })
      : written(entry.text, { mentions: entry.mentions, me }), ...this.#about(), this.#reactions());
    return [el("span", { class: "avatar", text: initials(who), attrs: { "aria-hidden": "true" } }),
      el("p", { class: "entry-head" }, el("b", { text: who }), this.#time(), ...this.#where(),
        ...(entry.pinned ? [el("span", { class: "quiet", text: t("Pinned") })] : []),
        ...(entry.edited && !entry.deleted ? [el("span", { class: "quiet", text: t("edited"), attrs: { title: moment(entry.edited) } })] : []), this.#more()),
      this.body];
  }

  /** What the system noted: one quiet line. */
  #noted() {
    const { entry } = this;
    const mark = stateMark(markOf(entry), "");
    this.body = el("div", { class: "entry-body" }, el("p", { class: "noted-text", text: worded(entry.said, entry.text) }), ...this.#about(), this.#reactions());
    return [mark, el("p", { class: "entry-head" }, this.#time(), ...this.#where(), this.#more()), this.body];
  }

  /** When somebody wrote it; of what the system noted, when it was, which it may have found out later. */
  #time() {
    const { entry } = this;
    const at = isSaid(entry) ? entry.at : entry.starts ?? entry.at;
    return el("time", { class: "quiet", text: day(at) === day(entry.at) ? hourAndMinute(at) : `${day(at)} ${hourAndMinute(at)}`, attrs: { datetime: new Date(at).toISOString(), title: moment(at) } });
  }

  #where() {
    const { entry, list } = this;
    const { within } = list;
    if (within === "device" || within === "thread") return [];
    if (entry.device) return [el("a", { class: "about", text: entry.device.name || entry.device.uid, attrs: { href: `/devices/${encodeURIComponent(entry.device.uid)}/`, title: entry.device.name || entry.device.uid } })];
    return entry.site && within !== "site" ? [el("span", { class: "about", text: entry.site.name, attrs: { title: entry.site.name } })] : [];
  }

  /** What it answers. */
  #answered() {
    const { entry, list } = this;
    if (entry.thread === null || list.within === "thread") return [];
    const thread = entry.thread;
    const root = list.of(thread);
    return [el("button", { class: "link answered", data: { act: "thread" }, on: { click: () => list.open(thread, false) },
      text: `↳ ${!root ? t("Show what it answers") : root.deleted ? t("Deleted") : [by(root), firstWords(worded(root.said, root.text), LEAD)].filter(Boolean).join(": ")}` })];
  }

  /** The time it tells of, and the view that came with it. */
  #about() {
    const { entry } = this;
    const now = serverNow();
    const parts = [];
    const charts = chartsOf(entry, now);
    if (entry.starts !== null && !entry.deleted && (isSaid(entry) || entry.ends !== null)) {
      parts.push(el(charts ? "a" : "span", { class: "attached", attrs: charts ? { href: charts } : {} }, icon("i-clock"), el("span", { text: span(entry.starts, entry.ends, now) })));
    }
    if (entry.view) parts.push(el("a", { class: "attached", attrs: { href: entry.view } }, icon("i-fleet"), el("span", { class: "clip", text: viewWords(entry.view, now) })));
    return parts.length ? [el("p", { class: "attachments" }, ...parts)] : [];
  }

  #reactions() {
    const { entry, list } = this;
    const chips = entry.reactions.map(({ word, by: names }) => el("button", {
      class: "chip", data: { act: `react-${word}` }, attrs: { "aria-pressed": String(names.includes(me)), title: names.join(", ") }, on: { click: () => this.#react(word) },
    }, el("span", { text: REACTIONS.get(word) ?? word }), el("b", { text: String(names.length) })));
    const replies = entry.replies && list.within !== "thread" ? [el("button", { class: "link replies", data: { act: "replies" }, text: tn("{n} reply", "{n} replies", entry.replies), on: { click: () => list.open(entry.id, false) } })] : [];
    return el("div", { class: "entry-foot" }, ...chips, ...replies);
  }

  #more() {
    const answer = this.list.within === "thread" || this.entry.thread !== null ? [] : [el("button", { class: "button bare tiny", text: t("Reply"), data: { act: "reply" }, on: { click: () => this.reply() } })];
    return el("span", { class: "entry-tools", data: { needs: "operator" } }, ...answer, el("button", {
      class: "button bare tiny", data: { act: "more" }, attrs: { "aria-label": t("What can be done"), "aria-expanded": "false" }, on: { click: () => this.#toggleActs() },
    }, icon("i-more")));
  }

  reply() {
    this.list.open(this.entry.thread ?? this.entry.id, true);
  }

  #toggleActs() {
    const shown = this.element.querySelector(".entry-acts");
    this.element.querySelector("[data-act=more]")?.setAttribute("aria-expanded", String(!shown));
    if (shown) return shown.remove();
    const { entry } = this;
    const mine = isSaid(entry) && entry.author?.name === me && !entry.deleted;
    const button = (/** @type {string} */ text, /** @type {string} */ name, /** @type {() => void} */ click) => el("button", { class: "button tiny", text, data: { act: name }, on: { click } });
    this.element.append(el("div", { class: "entry-acts" },
      ...(this.list.within === "thread" ? [] : [button(t("Reply"), "answer", () => this.reply())]),
      ...(entry.deleted ? [] : [...REACTIONS].filter(([word]) => !entry.reactions.some((one) => one.word === word)).map(([word, text]) => button(text, `react-${word}`, () => this.#react(word)))),
      ...(entry.deleted ? [] : [button(entry.pinned ? t("Unpin") : t("Pin"), "pin", () => this.#do(act("POST", entry.id, "pin/", { pinned: !entry.pinned })))]),
      ...(mine && serverNow() - entry.at < EDIT_WITHIN ? [button(t("Edit"), "edit", () => this.edit())] : []),
      ...(mine ? [button(t("Delete"), "delete", () => this.#delete())] : []),
      button(t("Copy link"), "copy", () => navigator.clipboard?.writeText(new URL(`/log/?entry=${entry.id}`, location.href).href).then(() => toast(t("The link is copied.")))),
    ));
    return undefined;
  }

  #react(/** @type {string} */ word) {
    const has = this.entry.reactions.some((one) => one.word === word && one.by.includes(me));
    this.#do(has ? act("DELETE", this.entry.id, `reactions/?word=${encodeURIComponent(word)}`) : act("POST", this.entry.id, "reactions/", { word }));
  }

  #delete() {
    if (confirm(this.entry.replies ? t("Delete this entry? Its replies stay.") : t("Delete this entry?"))) this.#do(act("DELETE", this.entry.id));
  }

  async #do(/** @type {Promise<void>} */ work) {
    try {
      await work;
    } catch (error) {
      toast(t("Not done. {why}", { why: /** @type {Error} */ (error).message }));
    }
  }

  /** Its text in a field in its place; what was typed survives a reload. */
  edit() {
    const place = `edit:${this.entry.id}`;
    this.editing = true;
    const field = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field", attrs: { rows: "3", maxlength: "10000", "aria-label": t("Text") } }));
    field.value = drafts.read(place)?.text ?? this.entry.text;
    const said = el("p", { class: "wrong", attrs: { hidden: "" } });
    const end = () => {
      drafts.keep(place, null);
      this.editing = false;
      this.#build();
      this.element.focus();
    };
    const save = async () => {
      try {
        if (field.value.trim() !== this.entry.text) await act("PATCH", this.entry.id, "", { text: field.value.trim() });
        end();
      } catch (error) {
        said.textContent = t("Not saved. {why}", { why: /** @type {Error} */ (error).message });
        said.hidden = false;
      }
    };
    field.addEventListener("input", () => drafts.keep(place, { text: field.value }));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") end();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      else return;
      event.stopPropagation();
    });
    this.element.querySelector(".entry-acts")?.remove();
    this.body?.replaceChildren(field, said, el("div", { class: "acts" }, el("button", { class: "button main", text: t("Save"), on: { click: save } }), el("button", { class: "button", text: t("Cancel"), on: { click: end } })));
    field.focus();
  }
}
