/**
 * One log as a page follows it: read from the newest, paged back, and kept up by events and, after anything that was missed, by the
 * cursor. Pure but for the world it is given. Tells "changed".
 */

import { belongs, Stream } from "./stream.js";

const PAGE = 60; // entries of one read
const CHANGES = 200; // of one read on from a cursor
const SOON = 300; // ms in which what happens is asked for together
const AGAIN = 5_000; // ms before a read that failed is tried again

/**
 * @typedef {{site?: string, device?: string, thread?: number|null, kind?: string, tag?: string, author?: string, pinned?: boolean, search?: string, from?: number|null, to?: number|null}} Asked
 * @typedef {{get: (path: string, signal?: AbortSignal) => Promise<any>, later: (f: () => void, ms: number) => any}} World
 */
export class Feed extends EventTarget {
  /** @param {Asked} asked @param {World} world */
  constructor(asked, world) {
    super();
    this.asked = asked;
    this.world = world;
    this.stream = new Stream();
    /** "begin", "older" or "" */ this.loading = "";
    /** why the last read did not work @type {string|null} */ this.failed = null;
    this.turn = 0;
    this.reading = false;
    this.again = false;
    this.due = false;
    this.ended = false;
  }

  get entries() {
    return this.stream.entries;
  }

  /** Whether the first page was read. */
  get begun() {
    return this.stream.cursor !== null;
  }

  /** Another narrowing: from the newest again. @param {Asked} asked */
  ask(asked) {
    this.asked = asked;
    this.stream = new Stream();
    return this.begin();
  }

  #path(/** @type {string} */ more) {
    const { site, device, thread, kind, tag, author, pinned, search, from, to } = this.asked;
    const query = new URLSearchParams(Object.entries({
      site, device, thread: thread ? String(thread) : "", kind: kind === "all" ? "" : kind, tag, author, search, pinned: pinned ? "1" : "", from: from ? String(from) : "", to: to ? String(to) : "",
    }).flatMap(([name, value]) => (value ? [[name, value]] : [])));
    return `/api/v1/log/?${query}${query.size ? "&" : ""}${more}`;
  }

  async begin() {
    const turn = ++this.turn;
    this.loading = "begin";
    this.#tell();
    try {
      const answer = await this.world.get(this.#path(`limit=${PAGE}`));
      if (turn !== this.turn) return;
      this.stream.begin(answer);
      this.#done();
      if (this.again) this.catchUp(); // asked for while there was no cursor: the answer may be older than that
    } catch (error) {
      if (turn === this.turn) this.#fail(error, () => this.begin());
    }
  }

  /** The page before the oldest. */
  async older() {
    const { stream } = this;
    if (this.loading || !stream.older || stream.full || !stream.oldest) return;
    const turn = this.turn;
    this.loading = "older";
    this.#tell();
    try {
      const answer = await this.world.get(this.#path(`before=${stream.oldest.id}&limit=${PAGE}`));
      if (turn !== this.turn) return;
      stream.before(answer);
      this.#done();
    } catch (error) {
      if (turn === this.turn) this.#fail(error, () => this.older());
    }
  }

  /** What was written or changed since the last read. Once more when it is asked for while it reads. */
  async catchUp() {
    this.due = false;
    if (this.ended) return;
    if (!this.begun || this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    const { stream, turn } = this;
    try {
      for (let more = true; more || this.again;) {
        this.again = false;
        const answer = await this.world.get(this.#path(`after=${stream.cursor}&limit=${CHANGES}`));
        if (turn !== this.turn || this.ended) return;
        more = stream.after(answer);
        this.#done();
      }
    } catch (error) {
      if (turn === this.turn) this.#fail(error, () => this.catchUp());
    } finally {
      this.reading = false;
      if (turn !== this.turn && this.again && this.begun) this.catchUp(); // asked for since it is another log
    }
  }

  /** An event; null: many at once. @param {import("./stream.js").Entry|null} entry */
  hear(entry) {
    if (entry === null || this.asked.search) {
      if (entry && this.stream.held.has(entry.id) && this.stream.hear(entry)) this.#tell();
      this.#soon(); // what a search finds, the server alone knows
    } else if (this.stream.held.has(entry.id) || (belongs(entry, this.asked) && !(this.asked.to && entry.at >= this.asked.to))) {
      if (this.stream.hear(entry)) this.#tell();
    }
  }

  end() {
    this.ended = true;
    this.turn += 1;
  }

  #soon() {
    if (this.due) return;
    this.due = true;
    this.world.later(() => this.catchUp(), SOON);
  }

  #done() {
    this.loading = "";
    this.failed = null;
    this.#tell();
  }

  #fail(/** @type {any} */ error, /** @type {() => void} */ retry) {
    this.loading = "";
    this.failed = error.message;
    this.#tell();
    const turn = this.turn;
    this.world.later(() => turn === this.turn && !this.ended && this.failed !== null && retry(), AGAIN);
  }

  #tell() {
    this.dispatchEvent(new Event("changed"));
  }
}
