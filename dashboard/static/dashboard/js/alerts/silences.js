/** Silences: which there are, what each holds back now, and a form for another. */

import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { counted } from "../page/format.js";
import { get, send } from "../page/rest.js";
import { WEEKDAYS, when, zoneName } from "../time/moment.js";
import { weekly } from "./words.js";

/** @typedef {{id: number, site: string|null, site_name: string|null, device: string|null, device_name: string|null, rule: number|null,
 *   rule_name: string|null, starts_at: number, ends_at: number|null, recurrence: any, reason: string, created_by: string|null, holds: boolean, held_back: number}} Silence */

/** What it is for, in words. @param {Silence} silence */
function subject({ site_name: site, device_name: device, rule_name: rule }) {
  return [rule && `rule ${rule}`, device && `device ${device}`, site && `site ${site}`].filter(Boolean).join(", ") || "everything";
}

/** @param {Silence} silence @param {number} now */
function span({ starts_at: from, ends_at: to, recurrence }, now) {
  const bounds = `${from > now ? `from ${when(from, now)}` : `since ${when(from, now)}`}${to === null ? ", until it is ended" : ` until ${when(to, now)}`}`;
  return recurrence ? `${weekly(recurrence)} · ${bounds}` : bounds;
}

export class Silences {
  constructor() {
    this.list = byId("silences");
    /** @type {HTMLFormElement} */ this.form = byId("silence-form");
    this.outcome = el("p", { class: "wide-field", attrs: { role: "status" } });
    this.#fill();
  }

  async read() {
    try {
      const { now, silences } = await get("/api/v1/silences/");
      byId("silences-empty").hidden = silences.length > 0;
      setText(byId("silences-empty"), "Nothing is silenced.");
      setText(document.querySelector("[data-tab=silences] b"), String(silences.filter((/** @type {Silence} */ each) => each.holds).length || ""));
      showRows(this.list, silences.map((/** @type {Silence} */ each) => this.#row(each, now)));
    } catch (error) {
      byId("silences-empty").hidden = false;
      setText(byId("silences-empty"), `The silences could not be read. ${/** @type {Error} */ (error).message}`);
    }
  }

  #row(/** @type {Silence} */ silence, /** @type {number} */ now) {
    const over = silence.ends_at !== null && silence.ends_at <= now;
    const word = silence.holds ? "Holds" : over ? "Over" : silence.starts_at > now ? "To come" : "Between its hours";
    const end = /** @type {HTMLButtonElement} */ (el("button", { class: "button tiny", text: silence.starts_at > now ? "Remove" : "End now", on: { click: async () => {
      end.disabled = true;
      await this.#try(() => send("DELETE", `/api/v1/silences/${silence.id}/`), `${word === "To come" ? "Removed" : "Ended"}: ${subject(silence)}.`);
      await this.read();
    } } }));
    end.hidden = over;
    return el("li", { class: over ? "is-over" : "" }, stateMark(silence.holds ? "silent" : "waiting", word),
      el("div", {}, el("b", { text: subject(silence) }), el("p", { class: "quiet", text: span(silence, now) }),
        el("p", { class: "soft", text: [silence.reason, silence.created_by && `by ${silence.created_by}`].filter(Boolean).join(" · ") })),
      el("span", { class: "quiet", text: over ? "" : `for ${counted(silence.held_back, "alert")} that ${silence.held_back === 1 ? "stands" : "stand"} now` }), end);
  }

  #fill() {
    const field = (/** @type {string} */ text, /** @type {HTMLElement} */ input) => el("label", {}, el("span", { text }), input);
    const input = (/** @type {string} */ name, /** @type {Record<string, string>} */ attrs = {}) => el("input", { class: "field", attrs: { name, autocomplete: "off", ...attrs } });
    const select = (/** @type {string} */ name, /** @type {string} */ all) => el("select", { class: "field", attrs: { name } }, el("option", { text: all, attrs: { value: "" } }));
    const days = WEEKDAYS.map((text, i) => el("label", { class: "day" }, input("days", { type: "checkbox", value: String(i + 1) }), el("span", { text })));
    this.sites = select("site", "Any site");
    this.rules = select("rule", "Any rule");
    this.form.append(el("h2", { text: "Silence for maintenance" }), field("Site", this.sites), field("Rule", this.rules),
      field("Device uid", input("device", { list: "silence-devices", placeholder: "any device" })), el("datalist", { attrs: { id: "silence-devices" } }),
      field("Reason", input("reason", { maxlength: "200" })), field("From", input("starts_at", { type: "datetime-local" })), field("To", input("ends_at", { type: "datetime-local" })),
      el("details", { class: "wide-field" }, el("summary", { text: "Weekly" }), el("div", { class: "weekly" }, el("fieldset", {}, el("legend", { text: "Days" }), ...days),
        field("From", input("from", { type: "time" })), field("To", input("to", { type: "time" })), field("Time zone", input("zone", { value: zoneName() })))),
      this.outcome, el("button", { class: "button main", text: "Silence" }));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create();
    });
  }

  /** What there is to choose from. */
  async choices() {
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
    const at = (/** @type {string} */ name) => (text(name) ? new Date(text(name)).getTime() : undefined);
    const days = given.getAll("days").map(Number);
    const isWeekly = days.length > 0 || text("from") !== "" || text("to") !== "";
    if (isWeekly && (!days.length || !text("from") || !text("to"))) {
      this.#say("Weekly needs at least one day, and from when to when.", true);
      return;
    }
    const body = {
      site: text("site") || null, device: text("device") || null, rule: text("rule") ? Number(text("rule")) : null, reason: text("reason"),
      starts_at: at("starts_at"), ends_at: at("ends_at") ?? null,
      recurrence: isWeekly ? { days, from: text("from"), to: text("to"), zone: text("zone") } : null,
    };
    const done = await this.#try(() => send("POST", "/api/v1/silences/", body), "It is silenced.");
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

