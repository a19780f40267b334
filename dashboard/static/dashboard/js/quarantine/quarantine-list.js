/** The messages of one group of quarantine, newest first, with their payload. */

import { age } from "../page/format.js";
import { el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { ListReading } from "../page/list-reading.js";
import { quarantineRow } from "./quarantine-row.js";
import { t } from "../page/language.js";

export class QuarantineList {
  /** @param {{uid: string, reason: string}} group @param {() => void} changed told when a message has left quarantine
   * @param {(path: string) => Promise<any>} ask */
  constructor({ uid, reason }, changed, ask = get) {
    this.path = `/api/v1/quarantine/?${new URLSearchParams({ uid, reason })}`;
    this.changed = changed;
    this.ask = ask;
    /** @type {string|null} */ this.next = null;
    this.list = el("ol", { class: "quarantined" });
    this.note = el("p", { class: "quiet pad", text: t("Loading") });
    this.more = el("button", { class: "button bare more", text: t("Show older"), attrs: { hidden: "" }, on: { click: () => this.reading.more() } });
    this.element = el("div", { class: "messages-of" }, this.list, this.note, this.more);
    /** @type {ListReading<{next: string|null, results: any[]}>} */ this.reading = new ListReading({
      question: () => this.path,
      ask: (path, isMore) => {
        // The page's own origin, whatever host the answer's link names.
        const asked = isMore ? this.next : path;
        if (asked === null) return null;
        const { pathname, search } = new URL(asked, "http://any");
        return this.ask(pathname + search);
      },
      show: ({ next, results }, isMore) => {
        this.#show(results, isMore);
        this.next = next;
        this.more.hidden = !next;
      },
      failed: ({ message }) => {
        this.note.hidden = false;
        setText(this.note, t("Not loaded: {message}", { message }));
      },
    });
  }

  /** The newest; what is open of them stays open. */
  read() {
    return this.reading.read();
  }

  #show(/** @type {any[]} */ results, /** @type {boolean} */ append) {
    const { list } = this;
    const held = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.id, node]));
    const nodes = results.map((message) => held.get(String(message.id)) ?? quarantineRow(message, this.changed));
    if (append) list.append(...nodes);
    else list.replaceChildren(...nodes);
    this.note.hidden = list.children.length > 0;
    setText(this.note, t("None is left."));
  }

  /** @param {number} now */
  tick(now) {
    for (const time of /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("time"))) {
      setText(time, age(Math.max(0, now - Number(time.dataset.at))));
    }
  }
}
