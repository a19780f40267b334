/** What a viewer chose of a device's charts: in the address, so that a link shows them as they were, and with the server for the next time, here or elsewhere. */

import { read, written } from "./layout-text.js";

const PARAMETER = "charts"; // of the address

/** What is kept, and what keeps another; null: of this page the address alone remembers.
 * @typedef {{layout: string|null, keep: (layout: string) => void}|null} Kept */

export class LayoutStore {
  /** @param {{search: () => string, show: (query: string) => void}} address @param {Kept} kept */
  constructor(address, kept) {
    this.address = address;
    this.kept = kept;
    const linked = new URLSearchParams(address.search()).get(PARAMETER);
    this.layout = read(linked ?? kept?.layout);
    if (linked === null) this.#show();
  }

  /** @param {import("./layout.js").Layout} layout */
  keep(layout) {
    this.layout = layout;
    this.kept?.keep(written(layout));
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
