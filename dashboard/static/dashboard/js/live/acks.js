/**
 * Tells the server how far the page has drawn, so that it never sends much more than is drawn. Each ack
 * is a message the server has to handle, so one stands for several frames. Pure but for its timers.
 */

const AFTER = 1_000; // ms at most between a frame that is drawn and its ack

export class Acks {
  /**
   * @param {(seq: number) => void} send
   * @param {{later: (f: () => void, ms: number) => any, cancel: (timer: any) => void}} timers
   * @param {number} ahead frames the server sends before it waits for an ack
   */
  constructor(send, timers, ahead) {
    this.send = send;
    this.timers = timers;
    this.ahead = ahead;
    this.received = this.drawn = this.told = 0; // frames by number
    this.waiting = 0; // frames drawn and not told
    /** @type {any} */ this.timer = null;
    this.ended = false;
  }

  /** @param {number} seq */
  receive(seq) {
    this.received = seq;
  }

  /** @param {number} seq */
  draw(seq) {
    if (this.ended || seq <= this.drawn) return;
    this.drawn = seq;
    this.waiting += 1;
    if (this.waiting * 2 >= this.ahead) this.#tell();
    else this.timer ??= this.timers.later(() => this.#tell(), AFTER);
  }

  /** Nothing will be drawn for a while: what came counts as drawn. */
  skip() {
    if (this.ended || this.received <= this.told) return;
    this.drawn = this.received;
    this.#tell();
  }

  /** The socket is gone. */
  end() {
    this.ended = true;
    this.timers.cancel(this.timer);
  }

  #tell() {
    this.timers.cancel(this.timer);
    /** @type {any} */ this.timer = null;
    this.waiting = 0;
    this.told = this.drawn;
    this.send(this.drawn);
  }
}
