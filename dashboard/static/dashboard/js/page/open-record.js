/** What a page's form is open for, and what somebody wrote into it. */

import { t } from "./language.js";

/** @template {{id: number}} R */
export class OpenRecord {
  /** null: a new one, or none @type {R|null} */ record = null;
  /** Something is written that is not saved. */ isWritten = false;
  #opened = 0; // counts what was opened and closed
  #written = 0; // counts changes

  /** Another is open, or none. @param {R|null} record */
  open(record) {
    this.record = record;
    this.isWritten = false;
    this.#opened += 1;
  }

  wrote() {
    this.isWritten = true;
    this.#written += 1;
  }

  /** Whether what was written may be forgotten. */
  leave() {
    return !this.isWritten || confirm(t("What you wrote is not saved. Leave it?"));
  }

  /**
   * For the answer to what is sent now: meanwhile another may be opened, or more written. `isStillOpen`: what was sent is what is
   * open; `isAsSent`: nothing was written since; `saved`: if it is still open, it is this record.
   */
  sent() {
    const was = this.record;
    const opened = this.#opened;
    const written = this.#written;
    const isStillOpen = () => (was ? this.record?.id === was.id : this.#opened === opened);
    const isAsSent = () => this.#written === written;
    const saved = (/** @type {R} */ record) => {
      if (!isStillOpen()) return;
      this.record = record;
      this.isWritten = !isAsSent();
    };
    return { isStillOpen, isAsSent, saved };
  }
}
