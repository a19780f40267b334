/** Draws the tiles that changed, in one animation frame each, a few at a time, so that scrolling never waits for them. */

const PER_FRAME = 10; // tiles drawn in one frame

/** @typedef {import("./fleet-device.js").FleetDevice} FleetDevice */

export class FleetPainter {
  /** @param {Set<FleetDevice>} inView what is worth drawing @param {(device: FleetDevice) => void} paint */
  constructor(inView, paint) {
    this.inView = inView;
    this.paint = paint;
    /** @type {Set<FleetDevice>} */ this.waiting = new Set();
    this.asked = false;
  }

  /** @param {FleetDevice} device */
  soon(device) {
    if (!this.inView.has(device)) return;
    this.waiting.add(device);
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
    for (const device of this.waiting) {
      if (left === 0) break;
      this.waiting.delete(device);
      if (!this.inView.has(device)) continue;
      this.paint(device);
      left -= 1;
    }
    if (this.waiting.size) this.#ask();
  }
}
