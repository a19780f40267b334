/**
 * What a page may say it knows: up to when the server knows what devices sent, and what keeps the server
 * or this page from knowing more. Pure; times are the server's unless said otherwise.
 *
 * Silence means something only up to `until`: the viewer's network, a sleeping tab, our Redis, a bridge
 * that is away or behind look just like a device that sends nothing.
 */

const NO_NEWS_AFTER = 5_000; // ms without a message: the server speaks each two seconds

/**
 * @typedef {"connection"|"network"|"redis"|"bridge"|"broker"|"storing"|"database"} What
 * @typedef {{what: What, lasts: number}} Trouble  `lasts`: ms
 */

export class News {
  /** @type {number|null} everything received by then was sent here; null before the first word */ until = null;

  /** @param {number} at by this machine's clock */
  constructor(at) {
    /** facts that are asked for anew, by number; nothing is judged before they are there */ this.asked = 0;
    this.holds = false;
    /** @type {number|null} of the last word */ this.newest = null;
    /** by this machine's clock, ms: the last message of any kind, or the page's start */ this.heard = at;
    /** of the last word @type {{what: What, since: number}|null} */ this.told = null;
    this.now = 0; // the server's time in the last word
    this.at = 0; // when that came, by this machine's clock
  }

  /** A message came. @param {number} at by this machine's clock */
  hear(at) {
    this.heard = at;
  }

  /** A `hello` or a `beat`. @param {any} word @param {number} at by this machine's clock */
  take({ now, until, trouble }, at) {
    this.newest = until;
    if (!this.holds) this.until = until;
    this.told = trouble;
    this.now = now;
    this.at = at;
  }

  /** What devices did meanwhile was not heard: judge nothing before it is read. */
  hold() {
    this.holds = true;
    this.asked += 1;
  }

  /** It was read. @param {number} asked what `asked` was before */
  release(asked) {
    if (!this.holds || asked !== this.asked) return;
    this.holds = false;
    this.until = this.newest;
  }

  /** The clock of this machine was set back: nothing was heard in the future. @param {number} at */
  stepBack(at) {
    this.heard = Math.min(this.heard, at);
    this.at = Math.min(this.at, at);
  }

  /** What is wrong, or null. @param {boolean} open whether the socket is @param {number} at by this machine's clock @returns {Trouble|null} */
  trouble(open, at) {
    const quiet = at - this.heard;
    if (!open) return { what: "connection", lasts: quiet };
    if (quiet > NO_NEWS_AFTER) return { what: "network", lasts: quiet };
    return this.told && { what: this.told.what, lasts: this.now - this.told.since + Math.max(0, at - this.at) };
  }
}

/** Whether what devices do cannot be known: while the database alone is away, live readings go on. @param {Trouble|null} trouble */
export const isBlind = (trouble) => trouble !== null && trouble.what !== "database"
  && !(trouble.what === "connection" && trouble.lasts <= NO_NEWS_AFTER);
