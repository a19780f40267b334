/** The tiles of the fleet page in their sections. Nothing moves in it by itself. */

import { el, place, setText } from "../page/element.js";
import { FleetPainter } from "./fleet-painter.js";
import { FleetTile } from "./fleet-tile.js";
import { number } from "../page/format.js";
import { PROBLEMS } from "../presence/presence.js";
import { t, tn } from "../page/language.js";

const MARGIN = 300; // px around the window in which tiles are filled
const MOST_FILLED = 150; // tiles that stay filled; of more, those seen longest ago are emptied …
const EMPTIED = 10; // … so many in a frame

/** @typedef {import("./fleet-device.js").FleetDevice} FleetDevice */
/** @typedef {{name: string, title: string, devices: FleetDevice[]}} Section */

export class FleetGrid {
  /** @param {HTMLElement} list @param {{paint: (tile: FleetTile) => void, moved: () => void}} told `moved`: other tiles are in view */
  constructor(list, { paint, moved }) {
    this.list = list;
    /** by section and device @type {Map<string, FleetTile>} */ this.tiles = new Map();
    /** by uid @type {Map<string, FleetTile[]>} */ this.ofDevice = new Map();
    /** @type {Map<string, {element: HTMLElement, devices: FleetDevice[]}>} */ this.heads = new Map();
    /** @type {Set<FleetTile>} */ this.inView = new Set();
    this.painter = new FleetPainter(this.inView, { paint, look: () => this.look() });
    this.paint = paint;
    /** as they lie @type {FleetTile[]} */ this.order = [];
    /** seen longest ago first @type {Set<FleetTile>} */ this.filled = new Set();
    this.moved = moved;
    const soon = () => this.painter.moved();
    addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(soon).observe(list);
    addEventListener("beforeprint", () => this.#toPaper());
    addEventListener("afterprint", soon);
  }

  /** Which tiles are near the window. They lie in order, so two searches find them: an observer of two thousand took a third of each frame
   * of a scroll. */
  look() {
    const box = (/** @type {number} */ at) => this.order[at].element.getBoundingClientRect();
    const isShown = this.list.checkVisibility() && this.order.length > 0;
    const from = isShown ? firstWhere(this.order.length, (at) => box(at).bottom >= -MARGIN) : 0;
    const to = isShown ? firstWhere(this.order.length, (at) => box(at).top > innerHeight + MARGIN) : 0;
    const near = new Set(this.order.slice(from, to));
    let changed = false;
    for (const tile of this.inView) {
      if (near.has(tile)) continue;
      this.inView.delete(tile);
      changed = true;
    }
    for (const tile of near) {
      this.filled.delete(tile);
      this.filled.add(tile);
      if (this.inView.has(tile)) continue;
      this.inView.add(tile);
      this.painter.soon(tile);
      changed = true;
    }
    let left = EMPTIED;
    for (const tile of this.filled) {
      if (left === 0 || this.filled.size <= MOST_FILLED || near.has(tile)) break;
      this.filled.delete(tile);
      tile.empty();
      left -= 1;
    }
    if (changed) this.moved();
  }

  /** These sections and no others. @param {Section[]} sections @param {boolean} isNew whether a tile that was not there slides in */
  show(sections, isNew) {
    const wanted = [];
    const tiles = new Map();
    const heads = new Map();
    this.ofDevice = new Map();
    for (const { name, title, devices } of sections) {
      if (title) {
        const head = this.heads.get(name) ?? { element: el("h2", { class: "group" }, el("span"), el("span", { class: "quiet" })), devices };
        setText(head.element.firstElementChild, title);
        heads.set(name, { ...head, devices });
        wanted.push(head.element);
      }
      for (const device of devices) {
        const key = `${name}\n${device.uid}`;
        const tile = this.tiles.get(key) ?? this.#make(device, isNew);
        tiles.set(key, tile);
        wanted.push(tile.element);
        const all = this.ofDevice.get(device.uid);
        if (all) all.push(tile);
        else this.ofDevice.set(device.uid, [tile]);
      }
    }
    for (const [key, tile] of this.tiles) if (!tiles.has(key)) this.#drop(tile);
    for (const [name, { element }] of this.heads) if (!heads.has(name)) element.remove();
    this.tiles = tiles;
    this.heads = heads;
    this.order = [...tiles.values()];
    place(this.list, wanted);
    this.look();
    this.count();
  }

  #make(/** @type {FleetDevice} */ device, /** @type {boolean} */ isNew) {
    const tile = new FleetTile(device);
    tile.element.classList.toggle("is-new", isNew);
    return tile;
  }

  #drop(/** @type {FleetTile} */ tile) {
    this.inView.delete(tile);
    this.filled.delete(tile);
    tile.element.remove();
  }

  /** How many stand under each heading, and how many of them somebody should look at. */
  count() {
    for (const { element, devices } of this.heads.values()) {
      const bad = devices.filter(({ state }) => PROBLEMS.has(state)).length;
      const many = tn("{n} device", "{n} devices", devices.length, { n: number(devices.length, 0) });
      setText(element.lastElementChild, bad ? `${many} · ${t("{n} to look at", { n: number(bad, 0) })}` : many);
    }
  }

  /** Its tiles show what changed. @param {FleetDevice} device */
  changed(device) {
    for (const tile of this.ofDevice.get(device.uid) ?? []) this.painter.soon(tile);
  }

  /** The state, also out of sight: it may be about to move into it. @param {FleetDevice} device @param {number} now */
  judged(device, now) {
    for (const tile of this.ofDevice.get(device.uid) ?? []) tile.show(now);
  }

  /** Everything that is seen. */
  refresh() {
    for (const tile of this.inView) this.painter.soon(tile);
  }

  /** On paper nothing comes into sight later. */
  #toPaper() {
    for (const tile of this.order) {
      this.filled.add(tile);
      this.paint(tile);
    }
  }

  /** The tile stays for a moment to say that its device is gone. @param {string} uid @param {string} word */
  leaving(uid, word) {
    for (const tile of this.ofDevice.get(uid) ?? []) {
      tile.element.classList.add("is-removed");
      tile.link.removeAttribute("href");
      setText(tile.filled?.where ?? null, word);
    }
  }

  /** @returns {FleetDevice[]} */
  get devicesInView() {
    return [...new Set([...this.inView].map(({ device }) => device))];
  }
}

/** @param {number} size @param {(at: number) => boolean} is once it is so, it stays so @returns {number} the first of which it is, or `size` */
function firstWhere(size, is) {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
