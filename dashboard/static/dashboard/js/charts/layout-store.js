/** What a viewer chose of a device's charts: in the address, so that a link shows them as they were, and in the browser for the next time. */

import { BrowserMemory } from "./browser-memory.js";
import { read, written } from "./layout-text.js";

const PARAMETER = "charts"; // of the address
const STORE = "pulseboard.charts";

export class LayoutStore {
  /** @param {string} uid of the device @param {{search: () => string, show: (query: string) => void}} address
   * @param {Pick<Storage, "getItem"|"setItem">} [storage] */
  constructor(uid, address, storage) {
    this.uid = uid;
    this.address = address;
    /** @type {BrowserMemory<string>} by device */ this.memory = new BrowserMemory(STORE, storage);
    const linked = new URLSearchParams(address.search()).get(PARAMETER);
    this.layout = read(linked ?? this.memory.get(uid));
    if (linked === null) this.#show();
  }

  /** @param {import("./layout.js").Layout} layout */
  keep(layout) {
    this.layout = layout;
    this.memory.keep(this.uid, written(layout) || null);
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
}
