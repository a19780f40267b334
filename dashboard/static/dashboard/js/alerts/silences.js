/** Silences: which there are, what each holds back now, and a form for another. */

import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { fieldInstant } from "../time/time-field.js";
import { get, send } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { roleAt } from "../page/role.js";
import { WEEKDAYS, when, zoneName } from "../time/moment.js";
import { weekly } from "./words.js";
import { t, tn } from "../page/language.js";

/** @typedef {{id: number, site: string|null, site_name: string|null, device: string|null, device_name: string|null, rule: number|null,
 *   rule_name: string|null, stands_at: string|null, starts_at: number, ends_at: number|null, recurrence: any, reason: string, created_by: string|null, holds: boolean, held_back: number}} Silence */

/** What it is for, in words. @param {Silence} silence */
function subject({ site_name: site, device_name: device, rule_name: rule }) {
  return [rule && t("rule {rule}", { rule }), device && t("device {device}", { device }), site && t("site {site}", { site })].filter(Boolean).join(", ") || t("everything");
}

/** @param {Silence} silence @param {number} now */
function span({ starts_at: from, ends_at: to, recurrence }, now) {
  const values = { from: when(from, now), to: to === null ? "" : when(to, now) };
  const bounds = from > now
    ? to === null ? t("from {from}, until it is ended", values) : t("from {from} until {to}", values)
    : to === null ? t("since {from}, until it is ended", values) : t("since {from} until {to}", values);
  return recurrence ? `${weekly(recurrence)} · ${bounds}` : bounds;
}

export class Silences {
  constructor() {
    this.list = byId("silences");
    /** @type {HTMLFormElement} */ this.form = byId("silence-form");
    this.outcome = el("p", { class: "wide-field", attrs: { role: "status" } });
    this.read = inTurn(() => this.#read());
    /** What there is to choose from, each once. */ this.choices = inTurn(() => this.#choices());
    this.#fill();
  }

  async #read() {
    try {
      const { now, silences } = await get("/api/v1/silences/");
      byId("silences-empty").hidden = silences.length > 0;
      setText(byId("silences-empty"), t("Nothing is silenced."));
      setText(document.querySelector("[data-tab=silences] b"), String(silences.filter((/** @type {Silence} */ each) => each.holds).length || ""));
      showRows(this.list, silences.map((/** @type {Silence} */ each) => this.#row(each, now)));
    } catch (error) {
      byId("silences-empty").hidden = false;
      setText(byId("silences-empty"), t("The silences could not be read. {message}", { message: /** @type {Error} */ (error).message }));
    }
  }

  #row(/** @type {Silence} */ silence, /** @type {number} */ now) {
    const over = silence.ends_at !== null && silence.ends_at <= now;
    const word = silence.holds ? t("Holds") : over ? t("Over") : silence.starts_at > now ? t("To come") : t("Between its hours");
    const end = /** @type {HTMLButtonElement} */ (el("button", { class: "button tiny", text: silence.starts_at > now ? t("Remove") : t("End now"), data: { needs: "operator" }, on: { click: async () => {
      end.disabled = true;
      await this.#try(() => send("DELETE", `/api/v1/silences/${silence.id}/`), silence.starts_at > now ? t("Removed: {silence}.", { silence: subject(silence) }) : t("Ended: {silence}.", { silence: subject(silence) }));
      await this.read();
    } } }));
    end.hidden = over;
    return el("li", { class: over ? "is-over" : "", data: { role: roleAt(silence.stands_at) } }, stateMark(silence.holds ? "silent" : "waiting", word),
      el("div", {}, el("b", { text: subject(silence) }), el("p", { class: "quiet", text: span(silence, now) }),
        el("p", { class: "soft", text: [silence.reason, silence.created_by && t("by {created_by}", { created_by: silence.created_by })].filter(Boolean).join(" · ") })),
      el("span", { class: "quiet", text: over ? "" : tn("for {n} alert that stands now", "for {n} alerts that stand now", silence.held_back) }), end);
  }

  #fill() {
    const field = (/** @type {string} */ text, /** @type {HTMLElement} */ input) => el("label", {}, el("span", { text }), input);
    const input = (/** @type {string} */ name, /** @type {Record<string, string>} */ attrs = {}) => el("input", { class: "field", attrs: { name, autocomplete: "off", ...attrs } });
    const select = (/** @type {string} */ name, /** @type {string} */ all) => el("select", { class: "field", attrs: { name } }, el("option", { text: all, attrs: { value: "" } }));
    const days = WEEKDAYS.map((text, i) => el("label", { class: "day" }, input("days", { type: "checkbox", value: String(i + 1) }), el("span", { text })));
    this.sites = select("site", t("Any site"));
    this.rules = select("rule", t("Any rule"));
    this.form.append(el("h2", { text: t("Silence for maintenance") }), field(t("Site"), this.sites), field(t("Rule"), this.rules),
      field(t("Device uid"), input("device", { list: "silence-devices", placeholder: t("any device") })), el("datalist", { attrs: { id: "silence-devices" } }),
      field(t("Reason"), input("reason", { maxlength: "200" })), field(t("From"), input("starts_at", { type: "datetime-local" })), field(t("To"), input("ends_at", { type: "datetime-local" })),
      el("details", { class: "wide-field" }, el("summary", { text: t("Weekly") }), el("div", { class: "weekly" }, el("fieldset", {}, el("legend", { text: t("Days") }), ...days),
        field(t("From"), input("from", { type: "time" })), field(t("To"), input("to", { type: "time" })), field(t("Time zone"), input("zone", { value: zoneName() })))),
      this.outcome, el("button", { class: "button main", text: t("Silence") }));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create();
    });
  }

  async #choices() {
    for (const [path, area, make] of /** @type {[string, HTMLElement, (each: any) => [string, string]][]} */ ([
      ["/api/v1/sites/?page_size=1000", this.sites, (site) => [site.slug, site.name]],
      ["/api/v1/devices/?page_size=1000", byId("silence-devices"), (device) => [device.uid, device.name]],
      ["/api/v1/alert-rules/", this.rules, (rule) => [String(rule.id), rule.name]],
    ])) {
      if (area.children.length > 1) continue;
      try {
        const answer = await get(path);
        area.append(...(answer.results ?? answer.rules ?? []).map(make).map((/** @type {[string, string]} */ [value, text]) => el("option", { text, attrs: { value } })));
      } catch {
        // A uid can be typed, and without a choice it is for any.
      }
    }
  }

  async #create() {
    const given = new FormData(this.form);
    const text = (/** @type {string} */ name) => String(given.get(name) ?? "").trim();
    const at = (/** @type {string} */ name) => fieldInstant(text(name)) ?? undefined;
    const days = given.getAll("days").map(Number);
    const isWeekly = days.length > 0 || text("from") !== "" || text("to") !== "";
    if (isWeekly && (!days.length || !text("from") || !text("to"))) {
      this.#say(t("Weekly needs at least one day, and from when to when."), true);
      return;
    }
    const body = {
      site: text("site") || null, device: text("device") || null, rule: text("rule") ? Number(text("rule")) : null, reason: text("reason"),
      starts_at: at("starts_at"), ends_at: at("ends_at") ?? null,
      recurrence: isWeekly ? { days, from: text("from"), to: text("to"), zone: text("zone") } : null,
    };
    const done = await this.#try(() => send("POST", "/api/v1/silences/", body), t("It is silenced."));
    if (done) this.form.reset();
    await this.read();
  }

  async #try(/** @type {() => Promise<any>} */ act, /** @type {string} */ said) {
    try {
      await act();
      this.#say(said);
      return true;
    } catch (error) {
      const { body, message } = /** @type {import("../page/rest.js").RestError} */ (error);
      this.#say(body?.recurrence && !Array.isArray(body.recurrence)
        ? Object.entries(body.recurrence).map(([name, why]) => `${name}: ${[why].flat().join(" ")}`).join(" ") : message, true);
      return false;
    }
  }

  #say(/** @type {string} */ text, wrong = false) {
    this.outcome.classList.toggle("error", wrong);
    setText(this.outcome, text);
  }
}

