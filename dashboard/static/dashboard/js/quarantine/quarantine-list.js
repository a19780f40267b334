/** The newest quarantined messages, by reason, with their payload. */

import { age, number } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { quarantineRow } from "./quarantine-row.js";
import { serverNow } from "../time/clock.js";

const QUIET = 1_500; // ms between two reads when messages keep coming

export class QuarantineList {
  /** @param {{reason?: string, uid?: string, acts?: {changed: () => void}, chosen?: () => void}} [options]
   * `acts`: rows can be replayed and discarded; `chosen`: told when a reason was */
  constructor({ reason = "", uid = "", acts, chosen } = {}) {
    this.reason = reason;
    this.uid = uid;
    this.acts = acts;
    this.chosen = chosen;
    /** @type {string|null} */ this.next = null;
    this.timer = 0;
    byId("quarantine-more").addEventListener("click", () => this.#read(this.next, true));
  }

  async read() {
    const query = String(new URLSearchParams(Object.entries(this.filter)));
    await this.#read(`/api/v1/quarantine/${query && `?${query}`}`, false);
  }

  /** What narrows the list, as REST names it. @returns {Record<string, string>} */
  get filter() {
    return Object.fromEntries(Object.entries({ reason: this.reason, uid: this.uid }).filter(([, value]) => value));
  }

  /** Whether none is shown. */
  get empty() {
    return byId("quarantined").children.length === 0;
  }

  /** A message was quarantined: read again, but not for each of many. */
  soon() {
    if (this.timer || document.hidden) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.read();
    }, QUIET);
  }

  async #read(/** @type {string|null} */ path, /** @type {boolean} */ append) {
    if (!path) return;
    try {
      // The page's own origin, whatever host the answer's link names.
      const { pathname, search } = new URL(path, location.href);
      const { next, results } = await get(pathname + search);
      this.#show(results, append);
      if (append || byId("quarantined").children.length <= results.length) this.next = next;
      byId("quarantine-more").hidden = !this.next;
    } catch (error) {
      byId("quarantine-empty").hidden = false;
      setText(byId("quarantine-empty"), `Not loaded: ${/** @type {Error} */ (error).message}`);
    }
  }

  #show(/** @type {any[]} */ results, /** @type {boolean} */ append) {
    const list = byId("quarantined");
    const held = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.id, node]));
    const nodes = results.map((message) => held.get(String(message.id)) ?? quarantineRow(message, this.acts));
    if (append) list.append(...nodes);
    else list.replaceChildren(...nodes);
    byId("quarantine-empty").hidden = list.children.length > 0;
    setText(byId("quarantine-empty"), this.reason || this.uid ? "Nothing like this is in quarantine." : "Nothing is quarantined. A message that cannot be stored as sent is kept here with its reason.");
  }

  /** @param {{total: number, last_hour: number, reasons: Record<string, number>}} counts */
  showCounts({ total, last_hour: lastHour, reasons }) {
    this.total = this.reason ? (reasons[this.reason] ?? 0) : total;
    setText(byId("quarantine-count"), `${number(total, 0)} kept, ${number(lastHour, 0)} in the last hour`);
    const wanted = Object.entries(reasons).sort((a, b) => b[1] - a[1]);
    byId("reasons").replaceChildren(...wanted.map(([reason, count]) => el("button", {
      class: "chip", attrs: { "aria-pressed": String(this.reason === reason) },
      on: { click: () => {
        this.reason = this.reason === reason ? "" : reason;
        this.showCounts({ total, last_hour: lastHour, reasons });
        this.chosen?.();
        this.read();
      } },
    }, el("span", { text: reason.replaceAll("_", " ") }), el("b", { text: number(count, 0) }))));
  }

  tick() {
    const now = serverNow();
    for (const time of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#quarantined time"))) {
      setText(time, age(Math.max(0, now - Number(time.dataset.at))));
    }
  }
}
