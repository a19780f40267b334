/** One alert with all there is of it: the chart around its start, what was done, what it caused, what was before. */

import { AlertChart } from "./alert-chart.js";
import { byId, el, icon, setText, stateMark, setMark } from "../page/element.js";
import { care, happened, SEVERITY, stood } from "./words.js";
import { get } from "../page/rest.js";
import { moment, when } from "../time/moment.js";
import { newest } from "../page/newest.js";
import { roleAt } from "../page/role.js";
import { serverNow } from "../time/clock.js";
import { wayTo } from "./way.js";
import { withUnit } from "../page/format.js";
import { t, tn, worded } from "../page/language.js";

/** @typedef {import("./standing.js").Alert} Alert */

export class AlertDrawer {
  /** @param {import("./acts.js").Acts} acts @param {(id: number|null) => void} shown told which one is */
  constructor(acts, shown) {
    this.acts = acts;
    this.shown = shown;
    this.element = byId("drawer");
    /** @type {Alert|null} */ this.alert = null;
    this.read = newest((/** @type {number} */ id) => get(`/api/v1/alerts/${id}/`), (answer) => this.#take(answer), ({ status, message }) => {
      setText(this.trouble, status === 404 ? t("This alert is gone.") : t("It could not be read. {message}", { message }));
      this.trouble.hidden = false;
    });
    this.chartArea = el("div", { class: "alert-chart" });
    this.chart = new AlertChart(this.chartArea);
    this.mark = stateMark("critical", "");
    this.title = el("h2", { attrs: { id: "drawer-title", tabindex: "-1" } });
    this.facts = el("dl", { class: "facts" });
    this.buttons = el("div", { class: "acts" });
    this.trouble = el("p", { class: "wrong", attrs: { hidden: "" } });
    this.events = el("ol", { class: "events" });
    this.text = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "field", attrs: { rows: "2", maxlength: "2000", "aria-label": t("Comment or note"), placeholder: t("Comment, or a note with it") } }));
    this.effects = el("section", { class: "others" });
    this.earlier = el("section", { class: "others" });
    const close = el("button", { class: "button bare square", attrs: { "aria-label": t("Close"), title: t("Close (Esc)") }, on: { click: () => this.close() } }, icon("i-close"));
    const say = el("form", { class: "say", data: { needs: "operator" }, on: { submit: (event) => { event.preventDefault(); this.#say("comment"); } } }, this.text,
      el("div", { class: "acts" }, el("button", { class: "button", text: t("Comment") }),
        el("button", { class: "button", text: t("Acknowledge with this note"), attrs: { type: "button" }, on: { click: () => this.#say("acknowledge") } })));
    this.element.append(el("header", {}, this.mark, close), this.title, this.facts, this.buttons, this.trouble, this.chartArea,
      el("h3", { text: t("What was done") }), this.events, say, this.effects, this.earlier);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {number} id @param {Alert} [alert] what is known of it already */
  async open(id, alert) {
    const other = this.alert?.id !== id;
    this.element.hidden = false;
    if (other) {
      this.element.scrollTop = 0;
      this.text.value = "";
      this.events.replaceChildren();
      this.effects.replaceChildren();
      this.earlier.replaceChildren();
      this.chart.clear();
      this.trouble.hidden = true;
    }
    if (alert) this.#show(alert);
    this.shown(id);
    await this.read(id);
  }

  #take(/** @type {any} */ answer) {
    this.trouble.hidden = true;
    this.#show(answer.alert);
    if (this.chart.of !== answer.alert.id) this.chart.show(answer.alert, answer.expected_interval);
    this.#history(answer);
  }

  close() {
    if (!this.isOpen) return;
    this.read.forget();
    this.element.hidden = true;
    this.chart.clear();
    this.alert = null;
    this.shown(null);
  }

  /** It was told of. @param {Alert} alert */
  heard(alert) {
    const shown = this.alert?.id;
    if (shown === undefined || (alert.id !== shown && alert.cause !== shown)) return;
    this.read(shown);
  }

  #show(/** @type {Alert} */ alert) {
    this.alert = alert;
    this.element.dataset.role = roleAt(alert.site?.slug ?? null);
    setText(this.title, worded(alert.said, alert.sentence));
    this.second();
    const act = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string} */ key, main = false) => el("button", {
      class: main ? "button main" : "button", text, data: { act: name, needs: "operator" }, attrs: { title: t("Key {key}", { key }) }, on: { click: () => this.acts.ask(name, [alert.id]) },
    });
    const key = `${alert.id}|${alert.cleared}|${alert.acknowledged}`;
    if (this.buttons.dataset.key === key) return;
    this.buttons.dataset.key = key;
    this.buttons.hidden = alert.cleared !== null;
    this.buttons.replaceChildren(alert.acknowledged === null ? act("acknowledge", t("Acknowledge"), "a", true) : act("unacknowledge", t("Take it back"), "a"),
      act("assign", t("Assign"), "m"), act("snooze", t("Snooze"), "s"));
  }

  /** What the clock changes. */
  second() {
    const { alert } = this;
    if (!alert) return;
    const now = serverNow();
    const over = alert.cleared !== null;
    setMark(this.mark, over ? "cleared" : alert.severity, over ? t("Cleared · {severity}", { severity: SEVERITY[alert.severity] }) : SEVERITY[alert.severity]);
    /** name, text, address, whether it leads away from here @type {[string, string, string?, boolean?][]} */ const facts = [
      [t("Device"), alert.device_name, alert.device === null ? undefined : wayTo(alert, now)],
      [t("Site"), alert.site?.name ?? ""], [t("Rule"), alert.rule_name],
      [t("Since"), `${moment(alert.started)}, ${stood(alert, now)}`],
      [t("When it fired"), alert.value === null ? "" : withUnit(alert.value, alert)],
      [t("Worst"), alert.worst === null || alert.worst === alert.value ? "" : withUnit(alert.worst, alert)],
      [t("Worse since"), alert.worsened === null ? "" : moment(alert.worsened)],
      [t("Limit"), alert.limit === null ? "" : withUnit(alert.limit, alert)],
      [t("Came back"), alert.flaps ? tn("{n} time", "{n} times", alert.flaps) : ""],
      [t("Found"), alert.historic ? t("when it was over already: nobody was told") : ""],
      [t("Silenced"), alert.silenced ? t("a silence held when it fired") : ""],
      [t("With"), care({ ...alert, silenced: false }, now)],
      [t("Labels"), Object.entries(alert.labels).map(([name, value]) => `${name}: ${value}`).join(", ")],
      [t("Runbook"), alert.runbook, alert.runbook, true],
    ];
    const key = JSON.stringify([alert.id, facts]);
    if (this.facts.dataset.key === key) return;
    const focused = this.facts.contains(document.activeElement);
    if (focused && this.facts.dataset.id === String(alert.id)) return; // a link one stands on stays
    Object.assign(this.facts.dataset, { key, id: String(alert.id) });
    this.facts.replaceChildren(...facts.filter(([, text]) => text).flatMap(([name, text, href, isAway]) => [el("dt", { text: name }),
      el("dd", {}, href ? el("a", { text, attrs: { href, ...(isAway ? { rel: "noreferrer" } : {}) } }) : el("span", { text }))]));
  }

  #history(/** @type {{events: any[], effects: Alert[], earlier: Alert[]}} */ { events, effects, earlier }) {
    const now = serverNow();
    const series = /** @type {Alert} */ (this.alert);
    this.events.replaceChildren(...events.map((event) => el("li", { class: event.kind === "commented" ? "is-comment" : "" },
      el("time", { class: "quiet", text: when(event.at, now), attrs: { title: moment(event.at) } }),
      el("span", {}, ...(event.by ? [el("b", { text: event.by }), " "] : []), happened(event, now, series)))));
    this.#others(this.effects, t("What it caused"), effects, ({ said, sentence }) => worded(said, sentence));
    this.#others(this.earlier, t("The same before"), earlier, ({ started }) => moment(started));
  }

  #others(/** @type {HTMLElement} */ area, /** @type {string} */ title, /** @type {Alert[]} */ alerts, /** @type {(alert: Alert) => string} */ called) {
    const now = serverNow();
    area.hidden = alerts.length === 0;
    area.replaceChildren(el("h3", { text: title }), el("ol", {}, ...alerts.map((alert) => el("li", {},
      stateMark(alert.cleared === null ? alert.severity : "cleared", ""),
      el("button", { class: "link", text: called(alert), on: { click: () => this.open(alert.id, alert) } }),
      el("span", { class: "quiet", text: stood(alert, now) })))));
  }

  async #say(/** @type {"comment"|"acknowledge"} */ act) {
    const text = this.text.value.trim();
    const { alert } = this;
    if (!alert || (act === "comment" && !text)) return;
    await this.acts.carryOut(act, [alert.id], act === "comment" ? { text } : { note: text });
    if (this.alert?.id === alert.id && this.text.value.trim() === text) this.text.value = "";
  }

  /** Where one comments. */
  toComment() {
    this.text.focus();
  }
}
