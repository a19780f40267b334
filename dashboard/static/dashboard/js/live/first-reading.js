/** When a page reads what is stored for the first time. Pure but for its timer. */

const PATIENCE = 400; // ms a page waits for its socket before it reads without one

export class FirstReading {
  isDue = false;
  #settle = () => {};
  /** Settles when it is due: the server hears what is published, so that no change from then on is missed; or the socket is not open soon.
   * @type {Promise<void>} */
  due = new Promise((settle) => { this.#settle = settle; });

  /** A socket is being opened. @param {{later: (f: () => void, ms: number) => any}} timers */
  wait(timers) {
    if (!this.isDue) timers.later(() => this.begin(), PATIENCE);
  }

  /** There is nothing more to wait for. */
  begin() {
    this.isDue = true;
    this.#settle();
  }
}
