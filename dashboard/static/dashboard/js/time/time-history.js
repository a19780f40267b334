/** The window in the page's address: each step of it is an entry of the history, so that Back undoes a zoom. */

const BURST = 1_000; // ms; steps closer to each other are one: a key that is held, a wheel that turns
const OURS = ["window", "from", "to"];

/** @typedef {{search: () => string, push: (query: string) => void, replace: (query: string) => void, now: () => number}} Address */

/** @type {Address} */
const page = {
  search: () => location.search, now: () => performance.now(),
  push: (query) => history.pushState(null, "", query), replace: (query) => history.replaceState(history.state, "", query),
};

export class TimeHistory {
  /** @param {Address} [address] */
  constructor(address = page) {
    this.address = address;
    this.shownAt = -Infinity;
  }

  /** What else the address says stays. @param {string} query as `toQuery` writes it */
  show(query) {
    const whole = new URLSearchParams(this.address.search());
    for (const name of OURS) whole.delete(name);
    for (const [name, value] of new URLSearchParams(query)) whole.set(name, value);
    const now = this.address.now();
    const isStep = now - this.shownAt >= BURST;
    this.shownAt = now;
    this.address[isStep ? "push" : "replace"](`?${whole}`);
  }

  /** Have a time line follow Back and Forward. @param {{restore: () => void}} timeLine */
  follow(timeLine) {
    addEventListener("popstate", () => {
      this.shownAt = -Infinity;
      timeLine.restore();
    });
  }
}
