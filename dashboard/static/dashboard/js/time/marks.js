/**
 * What happened and is to be seen on every picture of time of a page: alerts, notes, changes of presence, what the log says.
 * Whoever knows of such things puts them here under a name of its own; lane, overview and charts draw what is here. Pure.
 */

/**
 * `at` and `until` are ms; `until` null: an instant. `ongoing`: it has not ended, `until` is ignored and is now.
 * `tone` is its colour: of an alert its severity, of a presence its state, of a note `note`; `quiet` for what needs no eye.
 * `series`: on whose chart alone it is drawn, null: all. `open` is called when it is clicked. `stop`: the keys of the next and the
 * previous mark stop at it; absent: yes.
 * @typedef {{at: number, until: number|null, kind: "alert"|"note"|"presence"|"entry", text: string, tone: string, series: number|null,
 *   open: (() => void)|null, ongoing?: boolean, stop?: boolean}} Mark
 */

export class Marks {
  constructor() {
    /** @type {Map<string, Mark[]>} */ this.bySource = new Map();
    /** @type {Set<() => void>} */ this.watchers = new Set();
    /** changes whenever they do */ this.version = 0;
  }

  /** These and no others of this source. @param {string} source @param {Mark[]} marks in any order */
  put(source, marks) {
    this.bySource.set(source, marks);
    this.version += 1;
    for (const told of this.watchers) told();
  }

  /** In order of time. @returns {Mark[]} */
  all() {
    return [...this.bySource.values()].flat().sort((a, b) => a.at - b.at);
  }

  /** Those that touch a part of time, in order. @param {number} from @param {number} to ms */
  within(from, to) {
    return this.all().filter(({ at, until, ongoing }) => at <= to && (ongoing || (until ?? at) >= from));
  }

  /** Be told of every change. @param {() => void} told @returns {() => void} ends it */
  watch(told) {
    this.watchers.add(told);
    return () => this.watchers.delete(told);
  }

  /** The nearest mark on one side of an instant that keys stop at. @param {number} at ms @param {1|-1} way @param {number} near ms that are the same place */
  next(at, way, near) {
    const stops = this.all().filter(({ stop }) => stop !== false);
    return (way === 1 ? stops : stops.reverse()).find((mark) => (mark.at - at) * way > near) ?? null;
  }
}

/** Those of this page. */
export const marks = new Marks();
