/** Which devices are selected, as lists do it: one by one, and from an anchor to where Shift leads. Pure. */

export class Selection {
  /** @param {Iterable<string>} [uids] */
  constructor(uids = []) {
    /** @type {Set<string>} */ this.uids = new Set(uids);
    /** what is selected besides the range from the anchor @type {Set<string>} */ this.base = new Set(uids);
    /** @type {string|null} */ this.anchor = null;
  }

  /** @param {string} uid */
  toggle(uid) {
    if (!this.uids.delete(uid)) this.uids.add(uid);
    this.base = new Set(this.uids);
    this.anchor = uid;
  }

  /** From the anchor to `uid`, both included; a shorter range lets go of what a longer one held.
   * @param {string[]} order as shown @param {string} uid @param {string} [from] the anchor, when there is none yet */
  extend(order, uid, from = uid) {
    if (this.anchor === null || !order.includes(this.anchor)) {
      this.anchor = from;
      this.base = new Set(this.uids);
    }
    const [first, last] = [order.indexOf(this.anchor), order.indexOf(uid)].sort((a, b) => a - b);
    this.uids = new Set([...this.base, ...order.slice(Math.max(0, first), last + 1)]);
  }

  clear() {
    this.uids.clear();
    this.base.clear();
    this.anchor = null;
  }
}
