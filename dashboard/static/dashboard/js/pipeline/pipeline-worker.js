/** One bridge worker: its books with their actual numbers, and its health in words. */

import { age, duration, number } from "../page/format.js";
import { alarms, balance, HTTP_PREFIX, Rate } from "./rates.js";
import { el, icon, setMark, setText, stateMark } from "../page/element.js";

const LOST_AFTER = 5_000; // ms without a word before a worker counts as not seen
const TERMS = /** @type {const} */ ([
  ["received", "Received"], ["stored", "Stored"], ["duplicate", "Duplicate"], ["rejected", "Rejected"], ["spooled", "Spooled"], ["in_flight", "In flight"],
]);
const SIGNS = ["", "=", "+", "+", "+", "+"];
/** Counters told in words below the books. @type {[string, string][]} */
const MORE = [
  ["readings_stored", "readings stored"], ["readings_duplicate", "readings known already"], ["conflicts", "conflicting readings"], ["values_dropped", "values dropped"],
  ["partial", "partly stored messages"], ["presence", "status messages"], ["clock_replaced", "clocks replaced"],
  ["batches", "batches"], ["reconnects", "reconnects"], ["session_lost", "sessions lost"], ["live_frames", "live frames"], ["live_dropped", "live frames dropped"],
  ["notices_dropped", "notices dropped"],
];

export class Worker {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.messages = new Rate();
    this.readings = new Rate();
    /** @type {Record<string, number>} */ this.counters = {};
    this.at = 0;
    this.startedAt = 0;
    this.cells = TERMS.map(([key, label]) => el("div", { class: `term is-${key}` }, el("span", { class: "value", text: "–" }), el("span", { class: "label", text: label })));
    this.mark = stateMark("waiting", name);
    this.health = el("p", { class: "health soft" });
    this.alarms = el("ul", { class: "alarms", attrs: { role: "alert", hidden: "" } });
    this.verdict = el("div", { class: "verdict" }, icon("m-stored", "mark"), el("span", { class: "word" }));
    this.more = el("dl", { class: "more" });
    this.element = el("article", { class: "card worker" },
      el("header", {}, el("h2", {}, this.mark), this.health), this.alarms,
      el("div", { class: "books" }, ...this.cells.flatMap((cell, i) => (SIGNS[i] ? [el("span", { class: "sign", text: SIGNS[i], attrs: { "aria-label": SIGNS[i] === "=" ? "equals" : "plus" } }), cell] : [cell])), this.verdict),
      el("details", {}, el("summary", { class: "link", text: "All counters" }), this.more));
  }

  /** @param {Record<string, number>} counters @param {number} at */
  take(counters, at) {
    if (at < this.at) return;
    this.counters = counters;
    this.at = at;
    this.messages.add(at, counters.received ?? 0);
    this.readings.add(at, counters.readings_stored ?? 0);
  }

  /** @param {number} now */
  alive(now) {
    return now - this.at <= LOST_AFTER;
  }

  /** @param {number} now @param {number} heard when this page last heard anything @param {boolean} hung the database answers the web process no more */
  draw(now, heard, hung) {
    const c = this.counters;
    TERMS.forEach(([key], i) => setText(this.cells[i].firstElementChild, number(c[key] ?? 0, 0)));
    const difference = balance(c);
    setText(this.verdict.querySelector(".word"), difference === 0 ? "0 missing" : `${number(difference, 0)} unaccounted`);
    this.verdict.dataset.state = difference === 0 ? "stored" : "rejected";
    this.verdict.querySelector("use")?.setAttribute("href", difference === 0 ? "#m-stored" : "#m-rejected");
    const alive = this.alive(heard);
    const troubles = alive ? alarms(c) : [];
    setMark(this.mark, alive ? (troubles.length ? "silent" : "online") : "offline", this.name);
    setText(this.health, alive ? this.#health(c, now, hung) : `Not seen for ${age(now - this.at)}; what it shows is from then.`);
    this.element.classList.toggle("is-away", !alive);
    this.element.classList.toggle("is-bad", troubles.length > 0);
    this.#alarm(troubles);
    this.more.replaceChildren(...MORE.flatMap(([key, label]) => [el("dt", { text: label }), el("dd", { text: number(c[key] ?? 0, 0) })]));
  }

  /** Touched only when they change: an alarm is read aloud once. @param {string[]} troubles */
  #alarm(troubles) {
    const key = troubles.join("\n");
    if (this.alarms.dataset.key === key) return;
    this.alarms.dataset.key = key;
    this.alarms.hidden = !troubles.length;
    this.alarms.replaceChildren(...troubles.map((text) => el("li", {}, icon("i-warn"), el("span", { text }))));
  }

  /** It takes telemetry over HTTP, so it has no broker of its own. */
  get takesHttp() {
    return this.name.startsWith(HTTP_PREFIX);
  }

  #health(/** @type {Record<string, number>} */ c, /** @type {number} */ now, /** @type {boolean} */ hung) {
    return [
      this.takesHttp ? "takes telemetry over HTTP" : c.connected ? "broker connected" : "", c.database_up && !hung ? "database up" : "",
      c.spooled && !c.spool_full ? `${number(c.spooled, 0)} spooled` : "spool empty",
      `last commit took ${duration(c.last_commit_ms ?? 0)}`, this.startedAt ? `up ${duration(now - this.startedAt)}` : "",
    ].filter(Boolean).join(" · ");
  }
}
