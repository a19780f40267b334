/** Who was told, who was not and why, and what the other side answered. */

import { byId, el } from "../page/element.js";
import { get } from "../page/rest.js";
import { ListReading } from "../page/list-reading.js";
import { duration } from "../page/format.js";
import { showInAddress } from "../page/address.js";
import { when } from "../time/moment.js";
import { SEVERITIES } from "./words.js";
import { recognised, t } from "../page/language.js";

const OUTCOMES = /** @type {Record<string, string>} */ ({ taken: t("taken"), refused: t("refused"), unanswered: t("unanswered") });
const STATES = /** @type {Record<string, string>} */ ({ waiting: t("waits to be sent"), sent: t("was taken"), failed: t("was given up"), withdrawn: t("was withdrawn") });

export class Log {
  /** @param {{shown: () => void, failed: (error: Error, again: () => void) => void}} told when a page of it was read, and when one could not be */
  constructor(told) {
    this.told = told;
    this.form = byId("log-filter");
    const query = new URLSearchParams(location.search);
    for (const name of ["who", "why", "state", "alert"]) this.form[name].value = query.get(name) ?? "";
    this.form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    this.form.addEventListener("change", () => {
      this.address();
      this.read();
    });
    byId("log-more").addEventListener("click", () => this.reading.more());
    /** where what follows begins; null: nothing follows @type {number|null} */ this.next = null;
    this.reading = new ListReading({
      question: () => String(new URLSearchParams(Object.entries(this.#wanted()).filter(([, value]) => value))),
      ask: (question, isMore) => (isMore && this.next === null ? null : get(`/api/v1/notifications/decisions/?${question}${isMore ? `&before=${this.next}` : ""}`)),
      show: (answer, isMore) => this.#show(answer, isMore),
      failed: told.failed,
    });
  }

  read() {
    return this.reading.read();
  }

  address() {
    showInAddress({ tab: "log", ...this.#wanted() });
  }

  #show(/** @type {{decisions: any[], next: number|null, now: number}} */ { decisions, next, now }, /** @type {boolean} */ isMore) {
    this.next = next;
    byId("log-rest").hidden = next === null;
    const rows = decisions.map((each) => this.#row(each, now));
    if (isMore) byId("log").append(...rows);
    else byId("log").replaceChildren(...rows);
    const narrowed = Object.values(this.#wanted()).some(Boolean);
    byId("log-empty").hidden = byId("log").childElementCount > 0;
    byId("log-empty").textContent = narrowed ? t("Nothing fits what is chosen above.") : t("Nothing yet. Each time an alert fires, here stands who was told, and who was not and why.");
    this.told.shown();
  }

  /** @returns {Record<string, string>} */
  #wanted() {
    return Object.fromEntries(["who", "why", "state", "alert"].map((name) => [name, this.form[name].value.trim()]));
  }

  #row(/** @type {any} */ each, /** @type {number} */ now) {
    const of = each.policy ? t("{policy}, step {step}", { policy: each.policy, step: each.step + 1 }) : each.what === "cleared" ? t("its end") : "";
    const sent = each.notifications.map((/** @type {any} */ one) => el("li", {}, el("span", { class: one.state === "failed" ? "error" : "", text: `${one.channel} ${STATES[one.state] ?? one.state}` }),
      ...one.attempts.map((/** @type {any} */ attempt) => el("span", { class: "quiet", text: `${when(attempt.at, now)} ${t("{outcome} in {took}", { outcome: [OUTCOMES[attempt.outcome] ?? attempt.outcome, attempt.status].filter(Boolean).join(" "), took: duration(attempt.took) })}${attempt.answer ? `: ${recognised(attempt.answer)}` : ""}` }))));
    return el("li", { data: { why: each.why } },
      el("div", { class: "about" }, el("b", { text: recognised(each.who) }), el("span", { class: each.sent === null && each.due === null ? "error" : "", text: ` ${recognised(each.said)}` }),
        el("p", { class: "small", text: `[${SEVERITIES.find(({ value }) => value === each.severity)?.label ?? each.severity}] ${each.sentence}` }), el("ul", { class: "small attempts" }, ...sent)),
      el("div", { class: "small quiet acts" }, el("span", { text: when(each.at, now) }), ...(of ? [el("span", { text: of })] : [])));
  }
}
