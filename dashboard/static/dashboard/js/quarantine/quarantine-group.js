/** One sender's messages of one reason: how many, since when, what to do, and all of them when it is opened. */

import { advice, words } from "./advice.js";
import { age, counted, number } from "../page/format.js";
import { el, setText, stateMark } from "../page/element.js";
import { moment } from "../time/moment.js";
import { outcome, replay } from "./replay.js";
import { QuarantineList } from "./quarantine-list.js";
import { roleAt } from "../page/role.js";
import { send } from "../page/rest.js";
import { wireDiscard } from "./undo.js";
import { recognised, t, tn } from "../page/language.js";

const EXCERPT = 160; // characters of a payload in a line

/** @typedef {{uid: string, reason: string, messages: number, first_seen: number, last_seen: number, newest: number,
 *   topic: string, detail: string, sample: string, stands_at: string|null}} Group as in `GET quarantine/groups/` */

/** What tells it from the others. @param {{uid: string, reason: string}} group */
export const keyOf = ({ uid, reason }) => `${reason} ${uid}`;

export class QuarantineGroup {
  /** @param {Group} group @param {() => void} changed told when messages may have left quarantine */
  constructor(group, changed) {
    this.group = group;
    this.changed = changed;
    /** what was done stays to be read, also when nothing of the group is left */ this.acted = false;
    /** of the messages that are listed, the newest */ this.listed = 0;
    this.list = new QuarantineList(group, () => this.#done());
    const { uid, reason } = group;
    this.count = el("span", { class: "count" });
    this.excerpt = el("span", { class: "quiet mono clip excerpt" });
    this.time = el("time", { class: "quiet" });
    this.detail = el("p", { class: "soft" });
    this.span = el("p", { class: "small quiet" });
    this.said = el("span", { class: "said", attrs: { role: "status" } });
    this.replays = /** @type {HTMLButtonElement} */ (el("button", { class: "button", text: t("Replay"), data: { needs: "operator" }, on: { click: () => this.#replay() } }));
    this.discards = /** @type {HTMLButtonElement} */ (el("button", { class: "button", text: t("Discard"), data: { needs: "operator" } }));
    this.newer = el("button", { class: "button bare newer", text: t("New ones came — show"), attrs: { hidden: "" }, on: { click: () => this.#read() } });
    const device = uid ? [el("a", { class: "button bare", text: t("Open the device"), attrs: { href: `/devices/${encodeURIComponent(uid)}/` } })] : [];
    this.details = /** @type {HTMLDetailsElement} */ (el("details", {},
      el("summary", {}, stateMark("rejected", words(reason)),
        el("span", { class: uid ? "mono clip" : "quiet clip", text: uid || t("names no device"), attrs: { title: uid } }), this.excerpt, this.count, this.time),
      this.detail, el("p", {}, el("b", { text: t("What to do: ") }), advice(reason)), this.span,
      el("div", { class: "row-acts" }, this.replays, this.discards, ...(reason === "unknown_device" ? [] : device), this.said), this.newer, this.list.element));
    this.details.addEventListener("toggle", () => this.details.open && this.listed !== this.group.newest && this.#read());
    this.element = el("li", { data: { key: keyOf(group), role: roleAt(group.stands_at) } }, this.details);
    wireDiscard(this.discards, { row: this.element, said: this.said, what: () => tn("{n} message is", "{n} messages are", this.group.messages, { n: number(this.group.messages, 0) }), discard: () => this.#discard() });
    this.update(group);
  }

  /** As it is now. @param {Group} group */
  update(group) {
    this.group = group;
    setText(this.count, counted(group.messages, "message"));
    setText(this.excerpt, group.sample.slice(0, EXCERPT));
    setText(this.detail, recognised(group.detail));
    setText(this.span, t("first {first_seen} · last {last_seen} on {topic}", { first_seen: moment(group.first_seen), last_seen: moment(group.last_seen), topic: group.topic }));
    this.newer.hidden = !this.details.open || this.listed === 0 || this.listed === group.newest;
  }

  /** Nothing of it is left. */
  leave() {
    this.element.classList.add("is-gone");
    this.replays.hidden = this.discards.hidden = this.newer.hidden = true;
    if (!this.said.textContent) setText(this.said, t("It is no longer here."));
  }

  /** Whether somebody may be reading it. */
  get watched() {
    return this.details.open || this.acted;
  }

  /** @param {number} now */
  tick(now) {
    setText(this.time, age(Math.max(0, now - this.group.last_seen)));
    this.time.title = moment(this.group.last_seen);
    if (this.details.open) this.list.tick(now);
  }

  async #read() {
    this.listed = this.group.newest;
    this.newer.hidden = true;
    await this.list.read();
  }

  /** Those that were shown, and none that came since. */
  get #selection() {
    const { uid, reason, last_seen: last } = this.group;
    return { uid, reason, to: last + 1 };
  }

  async #replay() {
    this.replays.disabled = true;
    setText(this.said, t("Replaying"));
    try {
      setText(this.said, outcome(await replay(send, this.#selection, (sum) => setText(this.said, t("{replayed} replayed", { replayed: number(sum.replayed, 0) })))));
    } catch (error) {
      setText(this.said, t("Not all were replayed. {message}", { message: /** @type {Error} */ (error).message }));
    }
    this.replays.disabled = false;
    this.#done();
    if (this.details.open) await this.#read();
  }

  async #discard() {
    const selection = Object.entries(this.#selection).map(([name, value]) => [name, String(value)]);
    let discarded = 0;
    let last;
    do {
      last = await send("DELETE", `/api/v1/quarantine/groups/?${new URLSearchParams(selection)}`);
      discarded += last.discarded;
    } while (last.more);
    setText(this.said, t("{discarded} discarded.", { discarded: counted(discarded, "message") }));
    this.element.classList.remove("is-gone"); // unless nothing is left, which the next read tells
    this.#done();
    if (this.details.open) await this.#read();
  }

  #done() {
    this.acted = true;
    this.changed();
  }
}
