/** The newest quarantined messages, by reason, with their payload. */

import { age, moment, number, size } from "./format.js";
import { byId, el, setText, stateMark } from "./element.js";
import { get } from "./rest.js";
import { serverNow } from "./clock.js";

const QUIET = 1_500; // ms between two reads when messages keep coming

export class QuarantineList {
  constructor() {
    this.reason = "";
    /** @type {string|null} */ this.next = null;
    this.timer = 0;
    byId("quarantine-more").addEventListener("click", () => this.#read(this.next, true));
  }

  async read() {
    await this.#read(`/api/v1/quarantine/${this.reason ? `?reason=${encodeURIComponent(this.reason)}` : ""}`, false);
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
    const nodes = results.map((message) => held.get(String(message.id)) ?? this.#line(message));
    if (append) list.append(...nodes);
    else list.replaceChildren(...nodes);
    byId("quarantine-empty").hidden = list.children.length > 0;
    setText(byId("quarantine-empty"), this.reason ? "Nothing with this reason." : "Nothing is quarantined. A message that cannot be stored as sent is kept here with its reason.");
  }

  #line(/** @type {any} */ message) {
    const at = Date.parse(message.received_at);
    return el("li", { data: { id: String(message.id) } }, el("details", {},
      el("summary", {},
        stateMark(message.partial ? "partial" : "rejected", message.reason.replaceAll("_", " ")),
        el("span", { class: "mono clip", text: message.topic }),
        el("span", { class: "quiet mono clip excerpt", text: message.payload.slice(0, 160) }),
        el("time", { class: "quiet", text: `${age(Math.max(0, serverNow() - at))}`, attrs: { title: moment(at) }, data: { at: String(at) } })),
      el("p", { class: "soft", text: message.detail }),
      el("p", { class: "small quiet", text: [moment(at), size(message.payload_size), message.worker, message.retained ? "retained" : "", message.partial ? "its good values were stored" : ""].filter(Boolean).join(" · ") }),
      el("pre", { class: "payload", text: message.payload })));
  }

  /** @param {{total: number, last_hour: number, reasons: Record<string, number>}} counts */
  showCounts({ total, last_hour: lastHour, reasons }) {
    setText(byId("quarantine-count"), `${number(total, 0)} kept, ${number(lastHour, 0)} in the last hour`);
    const wanted = Object.entries(reasons).sort((a, b) => b[1] - a[1]);
    byId("reasons").replaceChildren(...wanted.map(([reason, count]) => el("button", {
      class: "chip", attrs: { "aria-pressed": String(this.reason === reason) },
      on: { click: () => {
        this.reason = this.reason === reason ? "" : reason;
        this.showCounts({ total, last_hour: lastHour, reasons });
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
