/** One animation loop for everything a page draws by hand: at most 20 times a second, only what is in view. */

const MIN_FRAME = 50; // ms

/** @typedef {{element: Element, draw: (now: number) => void}} Drawable  `draw` decides itself whether anything changed */

export class Scheduler {
  constructor() {
    /** @type {Map<Element, Drawable>} */ this.drawables = new Map();
    /** @type {Set<Element>} */ this.inView = new Set();
    this.last = 0;
    this.running = false;
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.inView.add(target);
        else this.inView.delete(target);
      }
    }, { rootMargin: "100px" });
    document.addEventListener("visibilitychange", () => this.#start());
  }

  /** @param {Drawable} drawable */
  add(drawable) {
    this.drawables.set(drawable.element, drawable);
    this.observer.observe(drawable.element);
    this.#start();
  }

  /** @param {Element} element of what is drawn no more */
  remove(element) {
    this.drawables.delete(element);
    this.inView.delete(element);
    this.observer.unobserve(element);
  }

  #start() {
    if (this.running || document.hidden || this.drawables.size === 0) return;
    this.running = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(/** @type {number} */ now) {
    if (document.hidden || this.drawables.size === 0) {
      this.running = false;
      return;
    }
    if (now - this.last >= MIN_FRAME) {
      this.last = now;
      for (const element of this.inView) this.drawables.get(element)?.draw(now);
    }
    requestAnimationFrame((next) => this.#frame(next));
  }
}
