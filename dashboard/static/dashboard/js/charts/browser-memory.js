/** What the browser keeps for the next time, by name; of too many names those longest unused go first. */

const MAX_REMEMBERED = 200; // names of one store

/** The browser's memory; none where a viewer forbids it, which raises as soon as it is touched. @returns {Storage|undefined} */
function memory() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** @template T */
export class BrowserMemory {
  /** @param {string} store its key in the browser @param {Pick<Storage, "getItem"|"setItem">} [storage] */
  constructor(store, storage = memory()) {
    this.store = store;
    this.storage = storage;
  }

  /** @param {string} name @returns {T|undefined} */
  get(name) {
    return this.#all().get(name);
  }

  /** @param {string} name @param {T|null} value null: nothing is kept of it */
  keep(name, value) {
    const all = this.#all();
    all.delete(name);
    if (value !== null) all.set(name, value);
    try {
      this.storage?.setItem(this.store, JSON.stringify([...all].slice(-MAX_REMEMBERED)));
    } catch {
      // Full or forbidden: it holds for this page.
    }
  }

  /** @returns {Map<string, T>} */
  #all() {
    try {
      return new Map(JSON.parse(this.storage?.getItem(this.store) ?? "[]"));
    } catch {
      return new Map(); // of another version, or the browser keeps nothing for us
    }
  }
}
