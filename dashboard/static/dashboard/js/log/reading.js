/** What this viewer has not read, and how far they have: told to the server at most once a moment, and never backwards. */

import { get, send } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { isSaid } from "./stream.js";

const SOON = 1_000; // ms in which what is read, or written, is told or asked for together

/**
 * As in `GET /api/v1/log/unread/`.
 * @typedef {{total: number, at_least: boolean, mentions: number, sites: Record<string, number>, devices: Record<string, number>, threads: Record<string, number>}} Counts
 * @typedef {{site?: string, device?: string, thread?: number}} Of  nothing: all
 */

export class Reading extends EventTarget {
  /** @param {{get: typeof get, send: typeof send}} [rest] */
  constructor(rest = { get, send }) {
    super();
    this.rest = rest;
    /** @type {Counts|null} */ this.counts = null;
    /** by stream: the place told, or about to be @type {Map<string, number>} */ this.told = new Map();
    /** what is to be told, by stream @type {Map<string, import("./stream.js").Entry>} */ this.due = new Map();
    this.asking = false;
    this.turn = 0; // counts what is told, as it is sent and as it is answered
    this.read = inTurn(() => this.#read());
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
    setTimeout(() => {
      this.asking = false;
      this.read();
    }, SOON);
  }

  async #read() {
    const { turn } = this;
    try {
      const counts = await this.rest.get("/api/v1/log/unread/");
      if (turn === this.turn) this.#take(counts);
      else this.ask(); // more was read meanwhile, and it may not know of that
    } catch {
      // The log itself says what is wrong; the next event, or the next look at the page, asks again.
    }
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
    const isDue = this.due.has(name);
    this.due.set(name, entry);
    if (isDue) return; // the newest is told then: who waits for the last entry may wait for ever
    setTimeout(async () => {
      // How many were new when the page came is known first: once they are told as read, nobody would say so.
      if (this.counts === null) await this.read();
      const newest = /** @type {import("./stream.js").Entry} */ (this.due.get(name));
      this.due.delete(name);
      try {
        this.turn += 1;
        const mine = this.turn;
        const counts = await this.rest.send("POST", "/api/v1/log/unread/", { read_to: newest.id, ...of });
        if (mine !== this.turn) return this.ask(); // of another stream more was told meanwhile, which it may not know of
        this.turn += 1;
        this.#take(counts);
      } catch {
        if (this.told.get(name) === newest.place) this.told.set(name, before); // told with what is read next
      }
    }, SOON);
  }
}

export const reading = new Reading();
