/** Finding series by words: those that measure the same at a site together, and each. */

import { byId, el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { humanise, number } from "../page/format.js";
import { newest } from "../page/newest.js";
import { t, tn } from "../page/language.js";

const PAUSE = 150; // ms without a key before the server is asked
const MOST = 60; // series listed

/** @typedef {{slug: string, name: string}} Place
 * @typedef {{id: number, name: string, metric: string, unit: string, kind: string, label: string, precision: number|null,
 *   device: {uid: string, name: string, site: Place|null, expected_interval: number, thresholds: any[], lead: number}}} Found as `GET /api/v1/search/series/` has it
 * @typedef {{metric: string, site: Place|null, count: number}} Group
 */

/** As people call it, with where it is from. @param {Found} found */
export const titleOf = ({ device, label, metric }) => `${device.name} · ${label || humanise(metric)}`;

/** @param {Group} group */
export const groupTitle = ({ metric, site }) => (site ? t("{metric} at {site}", { metric: humanise(metric), site: site.name }) : t("{metric} at no site", { metric: humanise(metric) }));

/** Those of a group. @param {Group} group @returns {Promise<Found[]>} */
export async function ofGroup({ metric, site }) {
  const query = new URLSearchParams({ metric, limit: "200", ...(site ? { site: site.slug } : {}) });
  const { series } = await get(`/api/v1/search/series/?${query}`);
  return site ? series : series.filter((/** @type {Found} */ { device }) => device.site === null);
}

export class Finder {
  /** @param {{add: (found: Found[]) => void, remove: (name: string) => void, has: (name: string) => boolean}} acts */
  constructor(acts) {
    this.acts = acts;
    this.field = /** @type {HTMLInputElement} */ (byId("find"));
    this.list = byId("found");
    /** @type {{series: Found[], total: number, groups: Group[]}|null} */ this.answer = null;
    /** @type {any} */ this.timer = 0;
    /** what it was answered to */ this.words = "";
    this.picks = false; // the first of what is found, once it is what is written
    this.ask = newest(() => this.#ask(), (answer) => this.#take(answer), ({ message }) => setText(byId("found-count"), message));
    this.field.addEventListener("input", () => {
      this.picks = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.list.querySelector("button")?.focus();
      else if (event.key === "Enter") this.#pick();
      else return;
      event.preventDefault();
    });
    this.list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      const all = [...this.list.querySelectorAll("button")];
      const next = all[all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
      event.preventDefault();
      (next ?? this.field).focus();
    });
  }

  get #wanted() {
    return this.field.value.trim().slice(0, 200);
  }

  async #ask() {
    const words = this.#wanted;
    return { words, ...(await get(`/api/v1/search/series/?q=${encodeURIComponent(words)}&limit=${MOST}`)) };
  }

  #take(/** @type {any} */ { words, ...answer }) {
    this.words = words;
    this.answer = answer;
    this.show();
    if (this.picks) this.#pick();
  }

  /** The first that was found for what is written, not for what was written before. */
  #pick() {
    this.picks = this.answer === null || this.words !== this.#wanted;
    if (!this.picks) this.list.querySelector("button")?.click();
  }

  /** What was found, and which of it is chosen already. */
  show() {
    if (!this.answer) return;
    const { series, total, groups } = this.answer;
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.key;
    const all = groups.map((group) => el("li", {}, el("button", { class: "found is-group", data: { key: `${group.metric} ${group.site?.slug ?? ""}` }, attrs: { type: "button" }, on: { click: async () => this.acts.add(await ofGroup(group)) } },
      el("b", { class: "clip", text: groupTitle(group) }), el("span", { class: "quiet", text: t("all {n}", { n: number(group.count, 0) }) }))));
    const each = series.map((one) => {
      const isChosen = this.acts.has(one.name);
      const where = [one.device.site?.name, one.name].filter(Boolean).join(" · ");
      return el("li", {}, el("button", { class: "found", data: { key: one.name }, attrs: { type: "button", "aria-pressed": String(isChosen) }, on: { click: () => (this.acts.has(one.name) ? this.acts.remove(one.name) : this.acts.add([one])) } },
        el("span", { class: "clip", text: titleOf(one) }), el("span", { class: "quiet", text: one.unit }), el("small", { class: "quiet clip", text: where })));
    });
    this.list.replaceChildren(...all, ...each);
    if (focused) /** @type {HTMLElement|undefined} */ ([...this.list.querySelectorAll("button")].find(({ dataset }) => dataset.key === focused))?.focus();
    const more = total > series.length ? t("{n} series, {shown} shown", { n: number(total, 0), shown: series.length }) : tn("{n} series", "{n} series", total, { n: number(total, 0) });
    setText(byId("found-count"), total ? more : this.words ? t("No series has all of these words.") : t("No series yet: each value that a device sends becomes one."));
  }
}
