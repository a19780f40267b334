/** What a viewer chose of a device's charts: in the address, so that a link shows them as they were, and in the browser for the next time. */

import { read, written } from "./layout-text.js";

const PARAMETER = "charts"; // of the address
const STORE = "pulseboard.charts";
const MAX_REMEMBERED = 200; // devices; the longest unused go first

/** The browser's memory; none where a viewer forbids it, which raises as soon as it is touched. @returns {Storage|undefined} */
function memory() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

export class LayoutStore {
  /** @param {string} uid of the device @param {{search: () => string, show: (query: string) => void}} address
   * @param {Pick<Storage, "getItem"|"setItem">} [storage] */
  constructor(uid, address, storage = memory()) {
    this.uid = uid;
    this.address = address;
    this.storage = storage;
    const linked = new URLSearchParams(address.search()).get(PARAMETER);
    this.layout = read(linked ?? this.#remembered().get(uid));
    if (linked === null) this.#show();
  }

  /** @param {import("./layout.js").Layout} layout */
  keep(layout) {
    this.layout = layout;
    const all = this.#remembered();
    all.delete(this.uid);
    const text = written(layout);
    if (text) all.set(this.uid, text);
    try {
      this.storage?.setItem(STORE, JSON.stringify([...all].slice(-MAX_REMEMBERED)));
    } catch {
      // Full or forbidden: the address has it.
    }
    this.#show();
  }

  #show() {
    const query = new URLSearchParams(this.address.search());
    const text = written(this.layout);
    if (text === (query.get(PARAMETER) ?? "")) return;
    if (text) query.set(PARAMETER, text);
    else query.delete(PARAMETER);
    this.address.show(`?${query}`);
  }

  /** @returns {Map<string, string>} */
  #remembered() {
    try {
      return new Map(JSON.parse(this.storage?.getItem(STORE) ?? "[]"));
    } catch {
      return new Map(); // of another version, or the browser keeps nothing for us
    }
  }
}
