/** Draws the tiles that changed, a few in each animation frame, so that scrolling never waits for them. */

const PER_FRAME = 5; // tiles drawn in one frame: 12 000 px of rows a second …
const SPENT = 2; // … and ms after which no other is begun: to lay them out and paint them costs five times as much

/** @typedef {import("./fleet-tile.js").FleetTile} FleetTile */

export class FleetPainter {
  /** @param {Set<FleetTile>} inView what is worth drawing @param {{paint: (tile: FleetTile) => void, look: () => void}} told */
  constructor(inView, { paint, look }) {
    this.inView = inView;
    this.paint = paint;
    this.look = look;
    this.looks = false;
    /** @type {Set<FleetTile>} */ this.waiting = new Set();
    this.asked = false;
  }

  /** @param {FleetTile} tile */
  soon(tile) {
    if (!this.inView.has(tile)) return;
    this.waiting.add(tile);
    this.#ask();
  }

  /** Other tiles may be in view. */
  moved() {
    this.looks = true;
    this.#ask();
  }

  #ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.#frame());
  }

  /** Looks before it draws: to ask where tiles lie after some were drawn is to lay the page out twice. */
  #frame() {
    this.asked = false;
    if (this.looks) this.look();
    this.looks = false;
    const end = performance.now() + SPENT;
    let left = PER_FRAME;
    for (const tile of this.waiting) {
      if (left === 0 || performance.now() > end) break;
      this.waiting.delete(tile);
      if (!this.inView.has(tile)) continue;
      this.paint(tile);
      left -= 1;
    }
    if (this.waiting.size) this.#ask();
  }
}
