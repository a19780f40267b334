/** What stands now: read once, then followed live. All of a page that shows alerts goes by it. Pure but for the world it is given. */

import { byWorst, isOpen, isTaken, isTold } from "./standing.js";
import { inTurn } from "../page/in-turn.js";

const MOST = 500; // alerts held; of more, the worst
const SOON = 500; // ms in which news is gathered into one read
const AGAIN_AFTER = 5_000; // ms between two tries
const REFRESH = 60_000; // ms between two reads: what no event tells
const NEWS_FOR = 60_000; // ms after it fired in which an alert is new to a page

/**
 * @typedef {import("./standing.js").Alert} Alert
 * @typedef {{quiet_since: number|null, watched: boolean, not_judged_since: number|null}} Told
 * @typedef {{get: (path: string) => Promise<any>, now: () => number, later: (f: () => void, ms: number) => any, hidden: () => boolean}} World
 */

/** Tells of `changed` (what stands is another), `fired` (detail: an alert somebody should look at) and `heard` (detail: any alert an event
 * told of). */
export class Current extends EventTarget {
  /** @param {World} world */
  constructor(world) {
    super();
    this.world = world;
    /** those that stand, without effects of one that does @type {Map<number, Alert>} */ this.alerts = new Map();
    /** what the last read told besides @type {Told|null} */ this.told = null;
    /** why it could not be read, since when first @type {string|null} */ this.failed = null;
    /** open ones beyond those held */ this.beyond = 0;
    this.waiting = false;
    /** heard while a read was on its way, which may not know of them yet @type {Alert[]} */ this.meanwhile = [];
    /** the first read, however it went @type {Promise<any>} */ this.first = Promise.resolve();
    /** In turn: of readings of which only the newest counts, none is shown while news never ends. */ this.read = inTurn(() => this.#read());
  }

  /** Go on reading. @param {Promise<any>} first the first read, however it goes */
  start(first) {
    this.first = first;
    this.#refresh();
    return this;
  }

  #refresh() {
    this.world.later(() => {
      if (!this.world.hidden()) this.read();
      this.#refresh();
    }, REFRESH);
  }

  async #read() {
    this.meanwhile = [];
    try {
      const answer = await this.world.get(`/api/v1/alerts/?limit=${MOST}`);
      this.failed = null;
      this.take(answer);
      for (const alert of this.meanwhile) this.put(alert);
      if (this.meanwhile.length) this.#soon(SOON);
    } catch (error) {
      this.failed = /** @type {Error} */ (error).message;
      this.dispatchEvent(new Event("changed"));
      this.#soon(AGAIN_AFTER);
    }
  }

  /** @param {{alerts: Alert[], open: Record<string, number>} & Told} answer */
  take({ alerts, open, quiet_since, watched, not_judged_since }) {
    this.told = { quiet_since, watched, not_judged_since };
    this.alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    const all = Object.values(open).reduce((sum, many) => sum + many, 0);
    this.beyond = Math.max(0, all - this.count());
    this.dispatchEvent(new Event("changed"));
  }

  /** An event. @param {{alert: Alert|null}} message */
  hear({ alert }) {
    if (alert === null) return this.#soon(SOON); // many at once
    const before = this.alerts.get(alert.id);
    this.meanwhile.push(alert);
    this.put(alert);
    const now = this.world.now();
    const isNew = isTold(alert, now) && !(before && isTold(before, now)) && this.alerts.has(alert.id);
    if (isNew && now - alert.fired < NEWS_FOR) this.dispatchEvent(new CustomEvent("fired", { detail: alert }));
    this.dispatchEvent(new CustomEvent("heard", { detail: alert }));
  }

  /** As it is now: told by an event, or answered to what one did. @param {Alert} alert */
  put(alert) {
    const isEffect = alert.cause !== null && this.alerts.has(alert.cause);
    const was = this.alerts.get(alert.id);
    if (alert.cleared !== null || isEffect) this.alerts.delete(alert.id);
    else if (was || this.alerts.size < MOST) this.alerts.set(alert.id, alert);
    else this.beyond += 1;
    if (alert.cleared !== null && this.told && !alert.historic) {
      this.told.quiet_since = Math.max(this.told.quiet_since ?? 0, alert.cleared);
    }
    // What was under it stands by itself now; of a cause that came before its effects they are told anew.
    if (alert.cleared !== null && (alert.effects > 0 || this.beyond > 0)) this.#soon(SOON);
    this.dispatchEvent(new Event("changed"));
  }

  #soon(/** @type {number} */ ms) {
    if (this.waiting) return;
    this.waiting = true;
    this.world.later(() => {
      this.waiting = false;
      this.read();
    }, ms);
  }

  /** Worst first. @param {"open"|"acknowledged"} tab */
  of(tab) {
    const now = this.world.now();
    const wanted = tab === "open" ? isOpen : isTaken;
    return [...this.alerts.values()].filter((alert) => wanted(alert, now)).sort(byWorst);
  }

  /** How many of those held somebody should look at. */
  count() {
    const now = this.world.now();
    return [...this.alerts.values()].filter((alert) => isTold(alert, now)).length;
  }

  /** The same, with those that are not held. */
  get open() {
    return this.count() + this.beyond;
  }
}
