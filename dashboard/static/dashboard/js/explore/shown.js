/** Which series the explore page shows: by name, as the server knows them now, and as its charts take them. */

import { get } from "../page/rest.js";
import { isState } from "../charts/layout.js";
import { MOST, MOST_APART } from "./view-text.js";
import { t } from "../page/language.js";
import { titleOf } from "./finder.js";
import { unitOf } from "./asked.js";

/** @typedef {import("./finder.js").Found} Found @typedef {import("./view-text.js").View} View */

const BEFORE = { day: t("a day before"), week: t("a week before"), year: t("a year before") };
const WHY = { device: t("no such device"), removed: t("its device was deleted"), metric: t("its device has no such series") };

/** A comma in a list of names is part of one. @param {string} name */
const written = (name) => name.replace(/[\\, ]/g, "\\$&");

export class Shown {
  /** @param {View} view @param {import("../charts/choice-dialog.js").ChoiceDialog} choice */
  constructor(view, choice) {
    this.view = view;
    this.choice = choice;
    this.turn = 0; // counts reads
    /** by name @type {Map<string, Found>} */ this.found = new Map();
    /** by name: why there is no such series @type {Map<string, string>} */ this.missing = new Map();
  }

  /** @param {string} name */
  has(name) {
    return this.view.names.includes(name);
  }

  /** Ask the server what the names stand for now. Rejects as `get` does. */
  async read() {
    const { names } = this.view;
    if (!names.length) return;
    const query = new URLSearchParams(names.map((name) => ["name", written(name)]));
    const turn = ++this.turn;
    let answer;
    try {
      answer = await get(`/api/v1/search/series/?limit=${MOST_APART}&${query}`);
    } catch (error) {
      if (turn === this.turn) throw error;
    }
    if (turn !== this.turn) return; // a later answer is right
    const { series, missing } = answer;
    for (const name of names) { // what was put beside them meanwhile was not asked about
      this.found.delete(name);
      this.missing.delete(name);
    }
    for (const one of /** @type {Found[]} */ (series)) this.found.set(one.name, one);
    for (const { at, why } of /** @type {{at: number, why: keyof typeof WHY}[]} */ (missing)) this.missing.set(names[at], WHY[why]);
  }

  /** Put these beside those that are shown; of more than there are colours the viewer is asked. @param {Found[]} found @param {() => void} done */
  add(found, done) {
    const fresh = found.filter(({ name }) => !this.has(name));
    const { view } = this;
    const take = (/** @type {Found[]} */ some, /** @type {boolean} */ isApart) => {
      for (const one of some) this.found.set(one.name, one);
      view.names = [...view.names, ...some.map(({ name }) => name)].slice(0, MOST_APART);
      view.isApart = isApart;
      done();
    };
    const all = view.names.length + fresh.length;
    if (all <= (view.isApart ? MOST_APART : MOST)) return take(fresh, view.isApart);
    const room = MOST - view.names.length;
    this.choice.ask(t("{n} series, but only {most} colours can be told apart", { n: all, most: MOST }), [
      ...(room > 0 ? [{ words: t("Only the first {n}", { n: MOST }), act: () => take(fresh.slice(0, room), view.isApart) }] : []),
      ...(all <= MOST_APART || !view.isApart ? [{ words: all <= MOST_APART ? t("All {n}, each on its own chart", { n: all }) : t("The first {n}, each on its own chart", { n: MOST_APART }), act: () => take(fresh, true) }] : []),
      { words: t("Leave it as it is"), act: () => {} },
    ]);
  }

  /** @param {string} name */
  remove(name) {
    this.view.names = this.view.names.filter((one) => one !== name);
    if (this.view.names.length <= MOST && this.view.names.length + 1 > MOST) this.view.isApart = false;
  }

  /** As charts take them, each named by its device and metric. @returns {any[]} */
  get series() {
    return this.view.names.flatMap((name, own) => {
      const one = this.found.get(name);
      if (!one || this.missing.has(name)) return [];
      const { id, unit, kind, precision, device } = one;
      const of = { ...device, thresholds: { [name]: device.thresholds } };
      return [{ id, metric: name, unit: isState(one) ? unit : unitOf(unit, this.view), kind, precision, label: titleOf(one), own, of, shifted: 0 }];
    });
  }

  /** The same with those of another time beside them. */
  get drawn() {
    const { shift } = this.view;
    return this.series.flatMap((one) => (shift && !isState(one)
      ? [one, { ...one, id: -one.id, metric: `${one.metric} −${shift}`, label: `${BEFORE[shift]} · ${one.label}`, shifted: one.id, of: { ...one.of, thresholds: {} } }] : [one]));
  }
}
