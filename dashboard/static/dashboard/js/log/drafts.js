/**
 * What one has begun to write, and what was sent and is not saved yet: kept in the browser, so that a reload or a lost line loses
 * nothing. Each place has a draft; each sent text a `client_id`, by which the server knows one that comes twice.
 * Pure but for the storage, clock and sender it is given.
 */

import { t } from "../page/language.js";

const DRAFTS = 50; // kept; the oldest go
const UNSENT = 100; // kept; more are refused, and stay in the field they were written in
const AGAIN = 5_000; // ms between two tries while the server is away

/**
 * @typedef {{text: string, view?: string, starts?: number|null, ends?: number|null}} Draft
 * @typedef {{site?: string|null, device?: string|null, thread?: number|null}} Place
 * @typedef {Draft & Place & {client_id: string}} Written
 * @typedef {{written: Written, at: number, failed: string|null, refused: boolean}} Unsent
 *   `failed`: why it is not saved; null while it is on its way; `refused`: by the server, so trying again alone is of no use
 * @typedef {Pick<Storage, "getItem"|"setItem"|"removeItem"|"key"|"length">} Kept
 */

/** A name for where something is written: each has a draft of its own. @param {Place & {note?: boolean}} place */
export const placeName = ({ site, device, thread, note }) => [thread ? `thread:${thread}` : device ? `device:${device}` : `site:${site ?? ""}`, ...(note ? ["note"] : [])].join(":");

export class Drafts {
  /** @param {string} me each who uses this browser has their own @param {Kept} storage @param {() => number} now */
  constructor(me, storage, now) {
    this.prefix = `pulseboard.log.draft.${me}.`;
    this.storage = storage;
    this.now = now;
  }

  /** @param {string} place @returns {Draft|null} */
  read(place) {
    return parsed(this.storage, this.prefix + place);
  }

  /** @param {string} place @param {Draft|null} draft nothing, or only what nobody typed, is forgotten @returns {boolean} whether it is kept */
  keep(place, draft) {
    if (draft === null || (!draft.text.trim() && !draft.view)) return forget(this.storage, this.prefix + place);
    const done = put(this.storage, this.prefix + place, { ...draft, at: this.now() });
    const all = keys(this.storage, this.prefix);
    if (all.length > DRAFTS) {
      const at = (/** @type {string} */ key) => parsed(this.storage, key)?.at ?? 0;
      for (const key of all.sort((a, b) => at(a) - at(b)).slice(0, all.length - DRAFTS)) forget(this.storage, key);
    }
    return done;
  }
}

/** What is on its way, or could not be saved. Tells "changed", and "saved" with what the server made of it. */
export class Outbox extends EventTarget {
  /** @param {string} me @param {{storage: Kept, now: () => number, post: (written: Written) => Promise<any>, later: (f: () => void, ms: number) => any}} world
   *   `post` rejects with an error that has a `status`: 0 or 5xx when it may be saved later */
  constructor(me, world) {
    super();
    this.prefix = `pulseboard.log.unsent.${me}.`;
    this.world = world;
    /** by client_id, in the order they were written @type {Map<string, Unsent>} */ this.unsent = new Map();
    this.timer = null;
    this.read();
  }

  /** Those another page of this browser keeps, or this one before it was reloaded. */
  read() {
    const kept = keys(this.world.storage, this.prefix).map((key) => parsed(this.world.storage, key)).filter((one) => one?.written?.client_id);
    for (const { written, at } of kept.sort((a, b) => a.at - b.at)) {
      if (!this.unsent.has(written.client_id)) this.unsent.set(written.client_id, { written, at, failed: t("The page was left before it was."), refused: false });
    }
  }

  get all() {
    return [...this.unsent.values()];
  }

  /** @param {Written} written @returns {boolean} whether there is room for it; otherwise it is to stay where it was written */
  send(written) {
    if (this.unsent.size >= UNSENT) return false;
    const one = { written, at: this.world.now(), failed: null, refused: false };
    this.unsent.set(written.client_id, one);
    put(this.world.storage, this.prefix + written.client_id, { written, at: one.at });
    this.#tell();
    this.#post(one);
    return true;
  }

  /** Once more all that may be saved now; with `id` that one, whatever was said of it. @param {string} [id] */
  retry(id) {
    for (const one of this.all) {
      if (one.failed === null || (id === undefined ? one.refused : one.written.client_id !== id)) continue;
      Object.assign(one, { failed: null, refused: false });
      this.#post(one);
    }
    this.#tell();
  }

  /** It is there: the server said so, or somebody saw it. @param {string} id */
  forget(id) {
    forget(this.world.storage, this.prefix + id);
    if (this.unsent.delete(id)) this.#tell();
  }

  async #post(/** @type {Unsent} */ one) {
    const id = one.written.client_id;
    try {
      const answer = await this.world.post(one.written);
      this.forget(id);
      this.dispatchEvent(new CustomEvent("saved", { detail: answer.entry }));
    } catch (error) {
      const { status, message } = /** @type {Error & {status?: number}} */ (error);
      one.failed = message;
      one.refused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
      this.#tell();
      if (!one.refused) this.#again();
    }
  }

  #again() {
    if (this.timer !== null) return;
    this.timer = this.world.later(() => {
      this.timer = null;
      this.retry();
    }, AGAIN);
  }

  #tell() {
    this.dispatchEvent(new Event("changed"));
  }
}

/** @param {Kept} storage @param {string} prefix */
function keys(storage, prefix) {
  try {
    return Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key?.startsWith(prefix)).map(String);
  } catch {
    return []; // the browser forbids storage: what is written lasts as long as the page
  }
}

/** @param {Kept} storage @param {string} key @returns {any} */
function parsed(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Kept} storage @param {string} key @param {any} value @returns {boolean} whether it is kept */
function put(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // full, or forbidden
  }
}

/** @param {Kept} storage @param {string} key */
function forget(storage, key) {
  try {
    storage.removeItem(key);
  } catch {
    // Forbidden: nothing was kept.
  }
  return true;
}
