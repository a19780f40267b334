/**
 * The window of a list of what happened: all of it, the last while, or a range. In the address, so that Back undoes a step. Its presets
 * are the time control's; "" is all of it. Tells "span".
 */

import { DAY } from "./zone.js";
import { bounds, fromQuery, live, pan, range, toQuery } from "./timespan.js";

/** A step from all of it is as wide. @type {import("./timespan.js").Live} */
const ALL = { mode: "live", preset: "", ms: DAY };

/** @typedef {{search: () => string, show: (query: string) => void, now: () => number}} World the address, and the server's clock */

export class ListWindow extends EventTarget {
  /** @param {World} world */
  constructor(world) {
    super();
    this.world = world;
    /** @type {import("./timespan.js").Span} */ this.span = ALL;
    this.#read();
  }

  #read() {
    const query = new URLSearchParams(this.world.search());
    this.span = query.has("window") || query.has("from") ? fromQuery(`?${query}`) : ALL;
  }

  get live() {
    return this.span.mode === "live";
  }

  /** Whether nothing is left out. */
  get isAll() {
    return this.span === ALL;
  }

  now() {
    return this.world.now();
  }

  bounds() {
    return bounds(this.span, this.now());
  }

  /** What is asked for: ms, null where it has no end. @returns {{from: number|null, to: number|null}} */
  get asked() {
    const { from, to } = this.bounds();
    return { from: this.isAll ? null : Math.floor(from), to: this.live ? null : Math.ceil(to) };
  }

  /** As the address has it: nothing for all of it. */
  get query() {
    return this.isAll ? "" : toQuery(this.span);
  }

  /** @param {string} name */
  preset(name) {
    this.#set(name ? live(name) : ALL);
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.#set(range(this.span, from, to, this.now()));
  }

  /** @param {number} share */
  pan(share) {
    this.#set(pan(this.span, share, this.now()));
  }

  /** Show what the address says now: somebody went back. */
  restore() {
    this.#read();
    this.dispatchEvent(new Event("span"));
  }

  #set(/** @type {import("./timespan.js").Span} */ span) {
    this.span = span;
    this.world.show(this.query);
    this.dispatchEvent(new Event("span"));
  }
}
