/** Selecting tiles with Shift, keys or a finger held, and what can be done with them. */

import { byId, setText, toast } from "../page/element.js";
import { lowestAt } from "../page/role.js";
import { Selection } from "./selection.js";
import { t, tn } from "../page/language.js";
import { typing } from "../frame/frame.js";
import { wireLongPress } from "../page/long-press.js";

export class FleetSelection {
  /** @param {HTMLElement} list @param {import("./fleet-filter.js").FleetFilter} filter keeps the selection in the address
   * @param {(uid: string) => string|null} siteOf a device: the slug of its site */
  constructor(list, filter, siteOf) {
    this.siteOf = siteOf;
    this.list = list;
    this.filter = filter;
    this.selection = new Selection(filter.selected);
    wireLongPress(list, (target) => this.#toggle(this.#uidOf(target)));
    list.addEventListener("click", (event) => this.#clicked(event));
    // Before the filter hears it: Escape lets go of the selection first.
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    byId("selection-only").addEventListener("click", () => filter.showOnly(!filter.only));
    byId("selection-compare").addEventListener("click", () => location.assign(`/explore/?${new URLSearchParams([...this.selection.uids].map((uid) => ["device", uid]))}`));
    byId("selection-clear").addEventListener("click", () => this.clear());
    byId("selection-copy").addEventListener("click", async () => {
      await navigator.clipboard.writeText([...this.selection.uids].join("\n"));
      toast(tn("{n} uid copied.", "{n} uids copied.", this.selection.uids.size));
    });
    this.show();
  }

  #uidOf(/** @type {Element|null} */ element) {
    return /** @type {HTMLElement|null} */ (element?.closest(".device") ?? null)?.dataset.uid ?? null;
  }

  #order() {
    return [...new Set([...this.list.children].map((tile) => this.#uidOf(tile)).filter((uid) => uid !== null))];
  }

  #clicked(/** @type {MouseEvent} */ event) {
    if (/** @type {Element} */ (event.target).closest(".card-menu")) return;
    const uid = this.#uidOf(/** @type {Element} */ (event.target));
    const byFinger = /** @type {PointerEvent} */ (event).pointerType === "touch" && this.selection.uids.size > 0;
    if (byFinger && this.#toggle(uid)) event.preventDefault(); // with some selected a tap selects more, or lets go
    if (byFinger || !event.shiftKey || uid === null) return;
    event.preventDefault(); // it would open a window
    getSelection()?.removeAllRanges();
    this.selection.extend(this.#order(), uid);
    this.#changed();
  }

  #key(/** @type {KeyboardEvent} */ event) {
    if (typing(event)) return;
    const uid = this.list.contains(document.activeElement) ? this.#uidOf(document.activeElement) : null;
    if (event.key === "x" && this.#toggle(uid)) event.preventDefault();
    else if (event.key === "Escape" && this.selection.uids.size) {
      event.stopImmediatePropagation();
      this.clear();
    }
  }

  /** Whether there was one to select or let go of. */
  #toggle(/** @type {string|null} */ uid) {
    if (uid === null) return false;
    this.selection.toggle(uid);
    this.#changed();
    return true;
  }

  /** Shift and an arrow went from one tile to another. @param {Element|null} from @param {Element} to */
  extend(from, to) {
    const uid = this.#uidOf(to);
    if (uid === null) return;
    this.selection.extend(this.#order(), uid, this.#uidOf(from) ?? uid);
    this.#changed();
  }

  clear() {
    this.selection.clear();
    this.#changed();
  }

  #changed() {
    this.filter.select(this.selection.uids);
    this.show();
  }

  /** Mark the tiles and fill the bar. */
  show() {
    const { uids } = this.selection;
    for (const tile of this.list.children) {
      const selected = uids.has(this.#uidOf(tile) ?? "");
      if (tile.classList.contains("is-selected") === selected) continue;
      tile.classList.toggle("is-selected", selected);
      if (selected) tile.querySelector("a")?.setAttribute("aria-describedby", "selected-word");
      else tile.querySelector("a")?.removeAttribute("aria-describedby");
    }
    byId("selection").hidden = uids.size === 0;
    byId("selection").dataset.role = lowestAt([...uids].map(this.siteOf));
    setText(byId("selection-count"), uids.size ? t("{n} selected", { n: uids.size }) : "");
    byId("selection-only").setAttribute("aria-pressed", String(this.filter.only));
  }
}
