/** One bridge worker: its books with their actual numbers, and its health in words. */

import { age, duration, number } from "../page/format.js";
import { alarms, balance, HTTP_PREFIX, Rate } from "./rates.js";
import { el, icon, setMark, setText, stateMark } from "../page/element.js";
import { t } from "../page/language.js";

const LOST_AFTER = 5_000; // ms without a word before a worker counts as not seen
const TERMS = /** @type {const} */ ([
  ["received", t("Received")], ["stored", t("Stored")], ["duplicate", t("Duplicate")], ["rejected", t("Rejected")], ["spooled", t("Spooled")], ["in_flight", t("In flight")],
]);
const SIGNS = ["", "=", "+", "+", "+", "+"];
/** Counters told in words below the books. @type {[string, string][]} */
const MORE = [
  ["readings_stored", t("readings stored")], ["readings_duplicate", t("readings known already")], ["conflicts", t("conflicting readings")], ["values_dropped", t("values dropped")],
  ["partial", t("partly stored messages")], ["presence", t("status messages")], ["clock_replaced", t("clocks replaced")],
  ["batches", t("batches")], ["reconnects", t("reconnects")], ["session_lost", t("sessions lost")], ["live_frames", t("live frames")], ["live_dropped", t("live frames dropped")],
  ["notices_dropped", t("notices dropped")],
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
      el("div", { class: "books" }, ...this.cells.flatMap((cell, i) => (SIGNS[i] ? [el("span", { class: "sign", text: SIGNS[i], attrs: { "aria-label": SIGNS[i] === "=" ? t("equals") : t("plus") } }), cell] : [cell])), this.verdict),
      el("details", {}, el("summary", { class: "link", text: t("All counters") }), this.more));
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
    setText(this.verdict.querySelector(".word"), difference === 0 ? t("0 missing") : t("{difference} unaccounted", { difference: number(difference, 0) }));
    this.verdict.dataset.state = difference === 0 ? "stored" : "rejected";
    this.verdict.querySelector("use")?.setAttribute("href", difference === 0 ? "#m-stored" : "#m-rejected");
    const alive = this.alive(heard);
    const troubles = alive ? alarms(c) : [];
    setMark(this.mark, alive ? (troubles.length ? "silent" : "online") : "offline", this.name);
    setText(this.health, alive ? this.#health(c, now, hung) : t("Not seen for {age}; what it shows is from then.", { age: age(now - this.at) }));
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
      this.takesHttp ? t("takes telemetry over HTTP") : c.connected ? t("broker connected") : "", c.database_up && !hung ? t("database up") : "",
      c.spooled && !c.spool_full ? t("{spooled} spooled", { spooled: number(c.spooled, 0) }) : t("spool empty"),
      t("last commit took {duration}", { duration: duration(c.last_commit_ms ?? 0) }), this.startedAt ? t("up {duration}", { duration: duration(now - this.startedAt) }) : "",
    ].filter(Boolean).join(" · ");
  }
}
