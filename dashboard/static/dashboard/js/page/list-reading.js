/**
 * A list that is read from its beginning, again whenever it may have changed, and a page further when somebody wants more. Shown is
 * what answers the question that is asked now. Another question is asked at once, and what is under way for the former one is dropped;
 * of one question readings come in turn, so that no older answer is shown over a newer one, and more is asked for after the last that
 * is shown. Pure.
 */

/** @template T */
export class ListReading {
  /** @type {{question: string, last: Promise<void>, due: Map<boolean, Promise<void>>}} */
  #present = { question: "", last: Promise.resolve(), due: new Map() };

  /**
   * @param {{question: () => string, ask: (question: string, isMore: boolean) => Promise<T>|null, show: (answer: T, isMore: boolean) => void,
   *   failed: (error: Error, again: () => void) => void}} of `question`: what narrows the list now, as the server is asked;
   *   `ask`: null when nothing follows; `failed` is told with what asks the same again
   */
  constructor(of) {
    this.of = of;
  }

  /** From its beginning. @returns {Promise<void>} it is shown, or it failed, or something else is asked */
  read() {
    return this.#want(false);
  }

  /** What follows on what is shown. @returns {Promise<void>} as of `read` */
  more() {
    return this.#want(true);
  }

  #want(/** @type {boolean} */ isMore) {
    const question = this.of.question();
    if (question !== this.#present.question) this.#present = { question, last: Promise.resolve(), due: new Map() };
    const mine = this.#present;
    const due = mine.due.get(isMore);
    if (due) return due;
    const next = () => {
      mine.due.delete(isMore);
      return this.#ask(mine, isMore);
    };
    mine.last = mine.last.then(next, next); // also after one that could not be shown
    mine.due.set(isMore, mine.last);
    return mine.last;
  }

  async #ask(/** @type {{question: string}} */ mine, /** @type {boolean} */ isMore) {
    if (mine !== this.#present) return;
    let answer;
    try {
      answer = await this.of.ask(mine.question, isMore);
    } catch (error) {
      if (mine === this.#present) this.of.failed(/** @type {Error} */ (error), () => this.#want(isMore));
      return;
    }
    if (answer && mine === this.#present) this.of.show(answer, isMore);
  }
}
