/**
 * A word's colour is its own: it stays over windows, themes, loads and devices of one kind. A word begins at the colour
 * its letters give; when another of the series has that one, it takes the next free, and the browser remembers which.
 * Words beyond the palette are neutral and told by their labels.
 */

import { BrowserMemory } from "./browser-memory.js";

export const PALETTE = 8; // colours
const STORE = "pulseboard.words";

/** FNV-1a, 32 bits: the same word gives the same number everywhere. @param {string} word */
function letters(word) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i += 1) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export class WordColours {
  /** @param {string} series what the words belong to @param {Pick<Storage, "getItem"|"setItem">} [storage] */
  constructor(series, storage) {
    this.series = series;
    /** @type {BrowserMemory<(number|null)[]>} by series */ this.memory = new BrowserMemory(STORE, storage);
    const held = this.memory.get(series);
    /** By colour, the word that has it, as its number. @type {(number|null)[]} */
    this.held = Array.isArray(held) ? held.slice(0, PALETTE) : [];
  }

  /** @param {string} word @returns {number|null} its place in the palette, or null: neutral */
  of(word) {
    const number = letters(word);
    const place = this.held.indexOf(number);
    if (place >= 0) return place;
    for (let i = 0; i < PALETTE; i += 1) {
      const free = (number + i) % PALETTE;
      if ((this.held[free] ?? null) !== null) continue;
      this.held[free] = number;
      this.memory.keep(this.series, Array.from({ length: PALETTE }, (_, at) => this.held[at] ?? null));
      return free;
    }
    return null;
  }
}
