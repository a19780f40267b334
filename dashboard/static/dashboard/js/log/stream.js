/**
 * The entries of one log that a page holds: without a gap and without a double, whatever comes twice, late or in another order.
 *
 * REST gives pages back from the newest and, after a cursor, all that was written or changed since; events give single entries at
 * once. Both give an entry with its version, and of two the higher one is held. The cursor is only ever one that REST gave: an event
 * says nothing of what came before it. Pure.
 */

const MOST_HELD = 20_000; // entries; who wants older ones asks for them by a day

/**
 * As in `GET /api/v1/log/`.
 * @typedef {{id: number, place: number, version: number, at: number, kind: string, text: string, author: {name: string}|null, site: {slug: string, name: string}|null,
 *   device: {uid: string, name: string}|null, thread: number|null, replies: number, starts: number|null, ends: number|null, view: string,
 *   tags: string[], mentions: string[], reactions: {word: string, by: string[]}[], pinned: boolean, edited: number|null, deleted: boolean,
 *   client_id?: string|null, said?: import("../page/language.js").Said, facts: Record<string, any>}} Entry
 * @typedef {{entries: Entry[], more: boolean, cursor: string}} Answer
 */

export class Stream {
  /** by id @type {Map<number, Entry>} */ held = new Map();
  /** from where changes are read on; null before the first answer @type {string|null} */ cursor = null;
  /** whether the server has entries before the oldest */ older = false;
  /** @type {Entry[]|null} */ sorted = null;
  /** heard before the first answer @type {Entry[]} */ early = [];

  /** In the order in which everybody came to see them. */
  get entries() {
    this.sorted ??= [...this.held.values()].sort((a, b) => a.place - b.place || a.id - b.id);
    return this.sorted;
  }

  get oldest() {
    return this.entries[0] ?? null;
  }

  get full() {
    return this.held.size >= MOST_HELD;
  }

  /** The newest page, the first that is read. @param {Answer} answer */
  begin({ entries, more, cursor }) {
    const { early } = this;
    this.early = [];
    this.held.clear();
    this.sorted = null;
    this.older = more;
    this.cursor = cursor;
    for (const entry of entries) this.#hold(entry);
    for (const entry of early) this.#put(entry);
  }

  /** Those before the oldest. @param {Answer} answer */
  before({ entries, more }) {
    for (const entry of entries) this.#hold(entry);
    this.older = more;
  }

  /** What was written or changed since the cursor; whether there is more to ask for. @param {Answer} answer */
  after({ entries, more, cursor }) {
    for (const entry of entries) this.#put(entry);
    this.cursor = cursor;
    return more;
  }

  /** An event. @param {Entry} entry @returns {boolean} whether it changed anything */
  hear(entry) {
    if (this.cursor !== null) return this.#put(entry);
    this.early.push(entry);
    return false;
  }

  /** One of a time that is not read yet would be an island: it comes with its page. */
  #put(/** @type {Entry} */ entry) {
    if (this.older && !this.held.has(entry.id) && entry.place < (this.oldest?.place ?? -Infinity)) return false;
    return this.#hold(entry);
  }

  #hold(/** @type {Entry} */ entry) {
    const before = this.held.get(entry.id);
    if (before && before.version >= entry.version) return false;
    this.held.set(entry.id, entry);
    this.sorted = null;
    return true;
  }
}

/** By somebody; what the system notes may name whose doing it was. @param {Entry} entry */
export const isSaid = ({ kind }) => kind === "said";

/**
 * Whether an entry belongs to what a page looks at, as the server judges it.
 * @param {Entry} entry @param {{site?: string, device?: string, thread?: number|null, kind?: string, tag?: string, author?: string, pinned?: boolean}} asked
 */
export function belongs(entry, { site, device, thread, kind, tag, author, pinned }) {
  return (!site || entry.site?.slug === site) && (!device || entry.device?.uid === device) && (!thread || entry.thread === thread)
    && (!tag || entry.tags.includes(tag)) && (!author || entry.author?.name === author) && (!pinned || entry.pinned)
    && (kind !== "people" || isSaid(entry)) && (kind !== "system" || !isSaid(entry));
}
