/** Asks what a rule would have done, in pages of targets, and stops when another question comes. */

import { send } from "../page/rest.js";
import { zoneName } from "../time/moment.js";

const DAY = 86_400_000; // ms

/** @typedef {import("./sums.js").Replayed} Replayed */

/**
 * @typedef {{start: number, stop: number, total: number, looked: number, targets: Replayed[], isDone: boolean}} SoFar
 */
export class Replay {
  constructor() {
    this.turn = 0;
  }

  /** What is asked now does not matter any more. */
  cancel() {
    this.turn += 1;
  }

  /**
   * Raises what `send` raises, but for a question that is not the newest, which ends without a word.
   * @param {any} rule @param {{days: number, now: number, target?: number}} over
   * @param {(sofar: SoFar) => void} told after each page
   */
  async ask(rule, { days, now, target }, told) {
    const turn = ++this.turn;
    const asked = { rule, start: Math.floor(now - days * DAY), stop: Math.floor(now), zone: zoneName() || "UTC", ...(target === undefined ? {} : { target }) };
    const sofar = /** @type {SoFar} */ ({ start: asked.start, stop: asked.stop, total: 0, looked: 0, targets: [], isDone: false });
    let after = /** @type {number|null} */ (0);
    while (after !== null) {
      const page = await this.#page({ ...asked, after }, turn);
      if (!page) return;
      Object.assign(sofar, { start: page.start, stop: page.stop, total: page.total });
      sofar.looked += page.looked;
      sofar.targets.push(...page.targets);
      after = page.next;
      sofar.isDone = after === null;
      told(sofar);
    }
  }

  async #page(/** @type {any} */ asked, /** @type {number} */ turn) {
    try {
      const page = await send("POST", "/api/v1/alert-rules/replay/", asked);
      return turn === this.turn ? page : null;
    } catch (error) {
      if (turn !== this.turn) return null;
      throw error;
    }
  }
}
