/** The log of one place in an element of a page: what was written there, what is not saved yet, and where one writes. */

import { closeFeed, openFeed } from "./desk.js";
import { Composer } from "./composer.js";
import { el, endTrouble, showTrouble } from "../page/element.js";
import { EntryList } from "./entry-list.js";
import { UnsentList, writtenAt } from "./unsent.js";
import { t } from "../page/language.js";

/** @typedef {import("./drafts.js").Place} Place */

export class LogPanel {
  /**
   * @param {HTMLElement} area it fills it
   * @param {{place: Place, asked?: import("./feed.js").Asked, label?: string, view?: () => string, choice?: HTMLElement, unsent?: (written: import("./drafts.js").Written) => boolean,
   *   nothing?: string, open: (id: number, answer: boolean) => void, read?: (newest: import("./stream.js").Entry) => void}} options
   *   `place`: where one writes, and what is shown unless `asked` says otherwise; `open`: shows a thread; `read`: told what was read
   */
  constructor(area, { place, asked, label = t("Write in the log"), view, choice, unsent, nothing = t("Nothing was written yet."), open, read }) {
    this.area = area;
    this.nothing = nothing;
    area.classList.add("log-panel");
    const within = place.thread ? "thread" : place.device ? "device" : place.site ? "site" : undefined;
    this.feed = openFeed(asked ?? { site: place.site ?? undefined, device: place.device ?? undefined, thread: place.thread });
    this.progress = el("div", { class: "progress", attrs: { hidden: "" } });
    this.trouble = el("div", { class: "trouble", attrs: { role: "alert", hidden: "" } });
    this.empty = el("p", { class: "quiet log-empty", attrs: { hidden: "" } });
    this.box = el("div", { class: "log-box", attrs: { role: "log", "aria-label": label, tabindex: "0" } });
    this.unsent = new UnsentList(unsent ?? writtenAt(place));
    this.list = new EntryList(this.box, this.feed, { open, within, read });
    this.composer = new Composer(place, { label, view, choice, sent: () => this.list.toEnd() });
    this.box.append(this.empty, this.unsent.element);
    area.append(this.trouble, this.progress, this.box, el("div", { class: "log-newer-line" }, this.list.newer), this.composer.element);
    this.feed.addEventListener("changed", () => this.#show());
    this.#show();
  }

  #show() {
    const { feed } = this;
    this.progress.hidden = feed.loading === "";
    this.empty.hidden = !feed.begun || feed.entries.length > 0;
    this.empty.textContent = this.nothing;
    if (feed.failed === null) endTrouble(this.trouble);
    else showTrouble(this.trouble, t("The log could not be read. {why}", { why: feed.failed }), () => (feed.begun ? feed.catchUp() : feed.begin()));
  }

  end() {
    closeFeed(this.feed);
    this.unsent.end();
    this.list.size.disconnect();
    this.area.replaceChildren();
  }
}
