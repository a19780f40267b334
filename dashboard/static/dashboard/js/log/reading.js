/** What this viewer has not read, and how far they have: told to the server at most once a moment, and never backwards. */

import { get, send } from "../page/rest.js";
import { isSaid } from "./stream.js";

const SOON = 1_000; // ms in which what is read, or written, is told or asked for together

/**
 * As in `GET /api/v1/log/unread/`.
 * @typedef {{total: number, at_least: boolean, mentions: number, sites: Record<string, number>, devices: Record<string, number>, threads: Record<string, number>}} Counts
 * @typedef {{site?: string, device?: string, thread?: number}} Of  nothing: all
 */

class Reading extends EventTarget {
  constructor() {
    super();
    /** @type {Counts|null} */ this.counts = null;
    /** by stream: the place told, or about to be @type {Map<string, number>} */ this.told = new Map();
    /** @type {Map<string, any>} */ this.timers = new Map();
    this.asking = false;
  }

  /** How many are unread; null while it is not known. @param {Of} of */
  of({ site, device, thread }) {
    const { counts } = this;
    if (counts === null) return null;
    if (thread !== undefined) return counts.threads[thread] ?? 0;
    if (device !== undefined) return counts.devices[device] ?? 0;
    return site === undefined ? counts.total : counts.sites[site] ?? 0;
  }

  /** Ask the server, soon. */
  ask() {
    if (this.asking) return;
    this.asking = true;
    setTimeout(async () => {
      this.asking = false;
      try {
        this.#take(await get("/api/v1/log/unread/"));
      } catch {
        // The log itself says what is wrong; the next event, or the next look at the page, asks again.
      }
    }, SOON);
  }

  #take(/** @type {Counts} */ counts) {
    this.counts = counts;
    this.dispatchEvent(new Event("counts"));
  }

  /** Everything up to an entry is read. @param {import("./stream.js").Entry} entry @param {Of} [of] */
  mark(entry, of = {}) {
    const name = JSON.stringify(of);
    const before = this.told.get(name) ?? 0;
    if (!isSaid(entry) || before >= entry.place || this.of(of) === 0) return;
    this.told.set(name, entry.place);
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(async () => {
      try {
        this.#take(await send("POST", "/api/v1/log/unread/", { read_to: entry.id, ...of }));
      } catch {
        if (this.told.get(name) === entry.place) this.told.set(name, before); // told with what is read next
      }
    }, SOON));
  }
}

export const reading = new Reading();
