/** What is in quarantine, by sender and reason, last heard first. Nothing that is looked at moves: what is new waits to be shown. */

import { byId, endTrouble, setText, showRows, showTrouble } from "../page/element.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { keyOf, QuarantineGroup } from "./quarantine-group.js";
import { counted, number } from "../page/format.js";
import { showChips } from "../page/chips.js";
import { words } from "./advice.js";
import { t } from "../page/language.js";

const QUIET = 1_500; // ms between two reads when messages keep coming

/** @typedef {import("./quarantine-group.js").Group} Group */

export class QuarantineGroups {
  /** @param {{reason?: string, uid?: string, changed?: () => void, narrowed?: () => void}} [options] what narrows them;
   * `changed` is told when messages may have left quarantine, `narrowed` when a reason was chosen */
  constructor({ reason = "", uid = "", changed = () => {}, narrowed = () => {} } = {}) {
    this.reason = reason;
    this.uid = uid;
    this.changed = changed;
    this.narrowed = narrowed;
    this.list = byId("groups");
    /** by key, every one that was ever shown @type {Map<string, QuarantineGroup>} */ this.rows = new Map();
    /** @type {Group[]} */ this.groups = [];
    this.total = 0; // groups, also those the answer has no room for
    this.timer = 0;
    this.read = inTurn(() => this.#read());
    byId("newer").addEventListener("click", () => this.show());
  }

  async #read() {
    try {
      const { total, groups } = await get("/api/v1/quarantine/groups/");
      this.take(total, groups);
      endTrouble(byId("trouble"));
    } catch (error) {
      showTrouble(byId("trouble"), t("What is in quarantine could not be read. {message}", { message: /** @type {Error} */ (error).message }), () => this.read());
      if (!this.list.children.length) setText(byId("groups-empty"), t("Not loaded."));
    }
  }

  /** @param {number} total @param {Group[]} groups */
  take(total, groups) {
    this.total = total;
    this.groups = groups;
    this.show({ evenIfWatched: false });
  }

  /** Messages came: read again, but not for each of many. */
  soon() {
    if (this.timer || document.hidden) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.read();
    }, QUIET);
  }

  /** Those that are to be shown. */
  get wanted() {
    return this.groups.filter(({ uid, reason }) => (!this.reason || reason === this.reason) && uid.includes(this.uid));
  }

  /** How many messages they are. */
  get messages() {
    return this.wanted.reduce((sum, group) => sum + group.messages, 0);
  }

  show({ evenIfWatched = true } = {}) {
    const wanted = new Map(this.wanted.map((group) => [keyOf(group), group]));
    const present = [...this.list.children].map((node) => /** @type {HTMLElement} */ (node).dataset.key ?? "");
    const watched = !evenIfWatched && present.length > 0 && (this.list.matches(":hover") || this.list.contains(document.activeElement)
      || present.some((key) => this.rows.get(key)?.watched));
    const fresh = [...wanted.keys()].filter((key) => !present.includes(key));
    for (const [key, group] of wanted) this.rows.get(key)?.update(group);
    const left = present.filter((key) => wanted.has(key) || this.#isRead(key));
    const order = evenIfWatched ? [...new Set([...wanted.keys(), ...left])] : watched ? left : [...fresh, ...left];
    showRows(this.list, order.map((key) => this.#row(key, wanted.get(key)).element));
    byId("newer").hidden = !watched || fresh.length === 0;
    setText(byId("newer"), t("{n} new — show", { n: number(fresh.length, 0) }));
    this.#tell(wanted.size);
  }

  /** Gone, but somebody is still reading what became of it. */
  #isRead(/** @type {string} */ key) {
    const row = this.rows.get(key);
    if (!row?.watched || !(row.group.uid.includes(this.uid) && (!this.reason || row.group.reason === this.reason))) return false;
    row.leave();
    return true;
  }

  #row(/** @type {string} */ key, /** @type {Group|undefined} */ group) {
    let row = this.rows.get(key);
    if (row && group && row.element.classList.contains("is-gone") && row.replays.hidden) row = undefined; // it has come again
    row ??= new QuarantineGroup(/** @type {Group} */ (group), this.changed);
    this.rows.set(key, row);
    return row;
  }

  #tell(/** @type {number} */ count) {
    const all = this.groups.reduce((sum, group) => sum + group.messages, 0);
    const beyond = this.total > this.groups.length ? t(", the last {shown} shown", { shown: number(this.groups.length, 0) }) : "";
    setText(byId("groups-count"), this.total ? t("{all} in {total}{beyond}", { all: counted(all, "message"), total: counted(this.total, "group"), beyond }) : "");
    byId("groups-empty").hidden = this.list.children.length > 0;
    setText(byId("groups-empty"), count === 0 && this.groups.length ? t("Nothing like this is in quarantine.")
      : t("Nothing is quarantined. A message that cannot be stored as sent is kept here with its reason."));
    /** @type {Map<string, number>} */ const reasons = new Map();
    for (const { reason, messages } of this.groups) reasons.set(reason, (reasons.get(reason) ?? 0) + messages);
    showChips(byId("reasons"), reasons, { word: words, chosen: this.reason, choose: (reason) => {
      this.reason = reason;
      this.show();
      this.narrowed();
    } });
  }

  /** @param {number} now */
  tick(now) {
    for (const node of this.list.children) this.rows.get(/** @type {HTMLElement} */ (node).dataset.key ?? "")?.tick(now);
  }
}
