/** Who was told, who was not and why, and what the other side answered. */

import { byId, el } from "../page/element.js";
import { get } from "../page/rest.js";
import { duration } from "../page/format.js";
import { showInAddress } from "../page/address.js";
import { when } from "../time/moment.js";
import { SEVERITIES } from "./words.js";
import { recognised, t } from "../page/language.js";

const OUTCOMES = /** @type {Record<string, string>} */ ({ taken: t("taken"), refused: t("refused"), unanswered: t("unanswered") });
const STATES = /** @type {Record<string, string>} */ ({ waiting: t("waits to be sent"), sent: t("was taken"), failed: t("was given up"), withdrawn: t("was withdrawn") });

export class Log {
  /** @param {(error: Error) => void} failed told when a page of it could not be read */
  constructor(failed) {
    this.failed = failed;
    this.form = byId("log-filter");
    const query = new URLSearchParams(location.search);
    for (const name of ["who", "why", "state", "alert"]) this.form[name].value = query.get(name) ?? "";
    this.form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    this.form.addEventListener("change", () => this.read().catch(failed));
    byId("log-more").addEventListener("click", () => this.#more().catch(failed));
    /** @type {number|null} */ this.next = null;
  }

  /** Raises what `get` raises. */
  async read() {
    const answer = await this.#page(null);
    byId("log").replaceChildren(...answer.decisions.map((/** @type {any} */ each) => this.#row(each, answer.now)));
    const narrowed = Object.values(this.#wanted()).some(Boolean);
    byId("log-empty").hidden = answer.decisions.length > 0;
    byId("log-empty").textContent = narrowed ? t("Nothing fits what is chosen above.") : t("Nothing yet. Each time an alert fires, here stands who was told, and who was not and why.");
  }

  async #more() {
    const answer = await this.#page(this.next);
    byId("log").append(...answer.decisions.map((/** @type {any} */ each) => this.#row(each, answer.now)));
  }

  async #page(/** @type {number|null} */ before) {
    const wanted = this.#wanted();
    showInAddress({ tab: "log", ...wanted });
    const query = new URLSearchParams(Object.entries({ ...wanted, before: before ? String(before) : "" }).filter(([, value]) => value));
    const answer = await get(`/api/v1/notifications/decisions/?${query}`);
    this.next = answer.next;
    byId("log-rest").hidden = answer.next === null;
    return answer;
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
