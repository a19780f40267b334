/** Draws the tiles that changed, in one animation frame each, a few at a time, so that scrolling never waits for them. */

const PER_FRAME = 10; // tiles drawn in one frame

/** @typedef {import("./fleet-tile.js").FleetTile} FleetTile */

export class FleetPainter {
  /** @param {Set<FleetTile>} inView what is worth drawing @param {(tile: FleetTile) => void} paint */
  constructor(inView, paint) {
    this.inView = inView;
    this.paint = paint;
    /** @type {Set<FleetTile>} */ this.waiting = new Set();
    this.asked = false;
  }

  /** @param {FleetTile} tile */
  soon(tile) {
    if (!this.inView.has(tile)) return;
    this.waiting.add(tile);
    this.#ask();
  }

  #ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.asked = false;
    let left = PER_FRAME;
    for (const tile of this.waiting) {
      if (left === 0) break;
      this.waiting.delete(tile);
      if (!this.inView.has(tile)) continue;
      this.paint(tile);
      left -= 1;
    }
    if (this.waiting.size) this.#ask();
  }
}
