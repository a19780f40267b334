/** For how long what is kept: what the settings say, the rules beside it, and what a rule would remove before it is saved. */

import { byId, el, setText } from "../page/element.js";
import { get, RestError, send } from "../page/rest.js";
import { ask } from "../page/form-dialog.js";
import { day } from "../time/moment.js";
import { number } from "../page/format.js";
import { t, tn } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

/** @typedef {{raw: number, minutes: number, hours: number, days: number}} Days */
/** @typedef {{what: keyof Days, before: number, since: number, days: number, series: number, readings: number}} Loss */
/** @typedef {{series: number, kept: Days[], losses: Loss[], begins: number}} Effect */
/** @typedef {{id: number, name: string, site?: string, kind?: string, device?: string, series?: number, raw_days: number|null,
 *   minute_days: number|null, hour_days: number|null, day_days: number|null}} Rule */

const FOR_GOOD = 36_500; // days
const PATH = "/api/v1/retention/";
const WHAT = /** @type {Record<keyof Days, string>} */ ({ raw: t("readings"), minutes: t("summaries of minutes"), hours: t("summaries of hours"), days: t("summaries of days") });

/** For how long, in words. @param {number} days */
export const howLong = (days) => (days >= FOR_GOOD ? t("for good") : tn("{n} day", "{n} days", days, { n: number(days, 0) }));

/** What is kept for how long, in one line; what is null is left out. @param {Record<keyof Days, number|null>} days */
export const line = (days) => /** @type {(keyof Days)[]} */ (Object.keys(WHAT)).filter((what) => days[what] !== null)
  .map((what) => t("{what} {time}", { what: WHAT[what], time: howLong(/** @type {number} */ (days[what])) })).join(" · ");

/** What goes, a sentence for each. @param {Effect} effect @param {(ms: number) => string} date @returns {string[]} */
export function losses(effect, date) {
  return effect.losses.map(({ what, before, since, series, readings }) => t("{what} from {since} until {before} go: {readings} readings of {series} series.",
    { what: WHAT[what], since: date(since), before: date(before), readings: number(readings, 0), series: number(series, 0) }));
}

const daysOf = (/** @type {Rule} */ rule) => ({ raw: rule.raw_days, minutes: rule.minute_days, hours: rule.hour_days, days: rule.day_days });

/** The server's word of what would go stands in the dialog before anything is stored: the first press shows it. */
class Shown {
  constructor() {
    this.text = "";
    this.element = el("ul", { class: "going", attrs: { role: "status", hidden: "" } });
  }

  /** Whether this was shown already, or there is nothing to show; otherwise it is now. @param {Effect} effect */
  was(effect) {
    const said = losses(effect, day);
    const text = said.join("\n");
    if (!said.length || text === this.text) return true;
    this.text = text;
    this.element.replaceChildren(...said.map((each) => el("li", { text: each })),
      el("li", { text: t("Nothing goes in the first ten minutes; until then it can be taken back.") }));
    this.element.hidden = false;
    return false;
  }

  field() {
    return { name: "going", label: t("What goes"), make: () => ({ element: this.element, read: () => null }) };
  }
}

const LOOK = () => new RestError(0, t("Look at what goes. Press again to do it."));
const dry = (/** @type {string} */ path) => `${path}?dry_run=1`;

export class Keeping {
  constructor() {
    this.read = inTurn(() => this.#read());
    byId("keeping-add").addEventListener("click", () => this.#add());
  }

  async #read() {
    try {
      this.#show(await get(PATH));
    } catch {
      // What was shown stays; after the next socket, or the next change, it is asked for again.
    }
  }

  #show(/** @type {{by_setting: Days, by_series: boolean, rules: Rule[]}} */ { by_setting: setting, by_series: bySeries, rules }) {
    setText(byId("keeping-setting"), t("Where no rule says otherwise: {days}.", { days: line(setting) }));
    byId("keeping-days").hidden = bySeries;
    byId("keeping-rules").replaceChildren(...rules.map((rule) => el("li", {}, el("span", { text: rule.name }), el("span", { class: "quiet", text: line(daysOf(rule)) }),
      el("button", { class: "button tiny push", text: t("Change"), data: { needs: "administrator" }, attrs: { "aria-label": t("Change the rule of {name}", { name: rule.name }) }, on: { click: () => this.#change(rule) } }),
      el("button", { class: "button tiny", text: t("Delete"), data: { needs: "administrator" }, attrs: { "aria-label": t("Delete the rule of {name}", { name: rule.name }) }, on: { click: () => this.#delete(rule) } }))));
  }

  /** @param {Partial<Rule>} rule */
  #numbers(rule) {
    const one = (/** @type {keyof Rule} */ name, /** @type {string} */ label) => ({ name, label, type: "number", value: rule[name] ?? "", attrs: { min: "1", max: String(FOR_GOOD), inputmode: "numeric" } });
    return [{ ...one("raw_days", t("Days of readings")), hint: t("Empty: as a less specific rule or the settings say.") }, one("minute_days", t("Days of minutes")),
      one("hour_days", t("Days of hours")), { ...one("day_days", t("Days of days")), hint: t("Summaries stay at least as long as what they are made of.") }];
  }

  #add() {
    const shown = new Shown();
    const options = [{ value: "site", label: t("A site") }, { value: "kind", label: t("A kind of device") }, { value: "device", label: t("A device") }, { value: "series", label: t("A series") }];
    ask({
      title: t("Keep some for another time"),
      fields: [{ name: "of", label: t("What"), type: "select", options, value: "device" },
        { name: "which", label: t("Which"), hint: t("The site's short name, the kind, the device's uid, or uid and metric of the series.") }, ...this.#numbers({}), shown.field()],
      save: async ({ of, which, going: _, ...days }) => {
        const body = { ...days, [of]: of === "series" ? await seriesOf(which) : which };
        if (!shown.was((await send("POST", dry(PATH), body)).effect)) throw LOOK();
        await send("POST", PATH, body);
      },
      saved: () => this.read(),
    });
  }

  #change(/** @type {Rule} */ rule) {
    const shown = new Shown();
    ask({
      title: t("Change the rule of {name}", { name: rule.name }),
      fields: [...this.#numbers(rule), shown.field()],
      save: async ({ going: _, ...days }) => {
        const path = `${PATH}${rule.id}/`;
        if (!shown.was((await send("PATCH", dry(path), days)).effect)) throw LOOK();
        await send("PATCH", path, days);
      },
      saved: () => this.read(),
    });
  }

  #delete(/** @type {Rule} */ rule) {
    const shown = new Shown();
    ask({
      title: t("Delete the rule of {name}", { name: rule.name }),
      fields: [shown.field()],
      act: t("Delete"),
      save: async () => {
        const path = `${PATH}${rule.id}/`;
        if (!shown.was(await send("DELETE", dry(path)))) throw LOOK();
        await send("DELETE", path);
      },
      saved: () => this.read(),
    });
  }
}

/** The id of the series that a uid and a metric name. @param {string} which */
async function seriesOf(which) {
  const [uid, metric = ""] = which.trim().split(/\s+/, 2);
  const found = await get(`/api/v1/series/?device=${encodeURIComponent(uid)}&search=${encodeURIComponent(metric)}`);
  const series = (found.results ?? found).find((/** @type {{metric: string}} */ each) => each.metric === metric);
  if (!series) throw new RestError(400, "", { which: [t("There is no such series.")] });
  return series.id;
}
