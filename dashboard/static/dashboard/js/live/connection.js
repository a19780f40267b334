/**
 * The one WebSocket of a page: subscriptions that survive reconnects, acks after drawing, and an
 * honest state. Speaks docs/live-protocol.md. Pure but for the socket, timers and clock it is given.
 */

import { Acks } from "./acks.js";
import { backoff } from "./backoff.js";
import { FirstReading } from "./first-reading.js";
import { News } from "./news.js";
import { reach } from "./since.js";

const DEAD_AFTER = 12_000; // ms without a message before it reconnects
const TICK = 1_000; // ms
const LOGGED_OUT = 4401;
const ANOTHER_KEY = 2_000; // ms in which the answer arrives that brings this browser the new key of its session
const AGAIN_AFTER = 5_000; // ms before history that could not be read is asked for again
const OFTEN = ["pipeline", "quarantine"]; // events that only who asks for them is sent

/**
 * @typedef {"connecting"|"catching up"|"live"|"reconnecting"|"offline"|"logged out"} ConnectionState
 * @typedef {{series: number[], since?: string, points?: number, every?: number}} Request
 * @typedef {{request: Request, waiting: boolean, bare: boolean, again: boolean}} Subscription
 *   `bare`: goes on without the history asked for; `again`: it will be asked for again
 * @typedef {{open: (url: string) => any, now: () => number, random: () => number, later: (f: () => void, ms: number) => any,
 *   cancel: (timer: any) => void, drawn: (f: () => void) => void, online: () => boolean}} World
 */

export class LiveConnection {
  /** @type {ConnectionState} */ state = "connecting";
  /** ms, by the world's clock, until the next try */ retryAt = 0;

  /** @param {string} url @param {World} world */
  constructor(url, world) {
    this.url = url;
    this.world = world;
    this.news = new News(world.now());
    /** @type {Map<number, Subscription>} */
    this.subscriptions = new Map();
    /** devices each beat tells of; null: every one @type {number[]|null|undefined} */
    this.followed = undefined;
    /** events of OFTEN that somebody listens to @type {Set<string>} */ this.watched = new Set();
    /** @type {Map<string, Set<(message: any) => void>>} */
    this.listeners = new Map();
    this.attempt = 0;
    this.asleep = false;
    /** of the present socket @type {any} */ this.hello = null;
    this.first = new FirstReading();
    this.quietSince = 0; // by the world's clock: the last message, or when the socket was opened
    this.thinned = false;
    this.socket = null;
    this.timer = null;
    /** of the present socket @type {Acks|null} */ this.acks = null;
  }

  /** Listen to one `op`, to "state", or to "missed": something may have changed of which nothing was heard here, and what was read by then
   * is read again. @param {string} op @param {(message: any) => void} listener */
  on(op, listener) {
    const set = this.listeners.get(op) ?? new Set();
    this.listeners.set(op, set.add(listener));
    if (OFTEN.includes(op) && !this.watched.has(op)) {
      this.watched.add(op);
      this.#watch();
    }
    return this;
  }

  #emit(/** @type {string} */ op, /** @type {any} */ message) {
    for (const listener of this.listeners.get(op) ?? []) listener(message);
  }

  /** Whether the server hears what is said now. */
  get ready() {
    return this.hello !== null;
  }

  /** What keeps this page from knowing what devices do now, or null. */
  trouble() {
    return this.news.trouble(this.ready, this.world.now());
  }

  open() {
    this.#set("connecting");
    const socket = this.world.open(this.url);
    this.socket = socket;
    this.quietSince = this.world.now();
    socket.onmessage = (/** @type {{data: string}} */ event) => {
      if (socket === this.socket) this.#receive(JSON.parse(event.data));
    };
    socket.onclose = (/** @type {{code: number}} */ event) => {
      if (socket === this.socket) this.#lost(event.code);
    };
    this.world.cancel(this.timer);
    this.timer = this.world.later(() => this.#tick(), TICK);
    this.first.wait(this.world);
  }

  /** Try at once: the network is back or the viewer asks. */
  hurry() {
    if (this.socket === null && this.state !== "logged out") this.open();
  }

  /** @param {number} id @param {Request} request */
  subscribe(id, request) {
    this.subscriptions.set(id, { request, waiting: false, bare: false, again: false });
    this.again(id);
  }

  /** @param {number} id */
  unsubscribe(id) {
    if (!this.subscriptions.delete(id)) return;
    this.#send({ op: "unsubscribe", id });
    this.#settle();
  }

  /** Have each beat tell when these devices were heard, also while the tab is hidden. @param {number[]|null} devices null: every one */
  follow(devices) {
    this.followed = devices;
    this.#follow();
  }

  #follow() {
    if (this.followed !== undefined) this.#send({ op: "follow", devices: this.followed });
  }

  #watch() {
    if (this.watched.size) this.#send({ op: "watch", events: this.asleep ? [] : [...this.watched] });
  }

  /** The tab is hidden: nothing will be drawn, so nothing but the beats need be sent. */
  sleep() {
    this.asleep = true;
    this.#watch();
    for (const id of this.subscriptions.keys()) this.#send({ op: "unsubscribe", id });
    this.acks?.skip();
  }

  wake() {
    if (!this.asleep) return;
    this.asleep = false;
    this.hurry();
    this.#watch();
    for (const id of this.subscriptions.keys()) this.again(id);
  }

  /** Ask for a subscription once more, with its whole history. @param {number} id */
  again(id) {
    const subscription = this.subscriptions.get(id);
    if (!subscription || !this.ready || this.asleep) return;
    subscription.waiting = subscription.request.since !== undefined;
    subscription.bare = false;
    this.#send({ op: "subscribe", id, ...subscription.request });
    this.#settle();
  }

  /** History that cannot be read takes its subscription with it: go on without it, so that what is live stays live. */
  #refused(/** @type {any} */ { id, code }, /** @type {Subscription} */ subscription) {
    if (code !== "too_slow" && code !== "unavailable") return;
    const { since, ...rest } = subscription.request;
    if (since !== undefined && !subscription.bare) {
      subscription.bare = true;
      this.#send({ op: "subscribe", id, ...rest });
    }
    if (code !== "unavailable" || subscription.again) return;
    subscription.again = true;
    this.world.later(() => {
      subscription.again = false;
      if (this.subscriptions.get(id) === subscription) this.again(id);
    }, AGAIN_AFTER);
  }

  /** History changed: of these series, or of every one. Asks for what a subscription shows of it. */
  #refill(/** @type {any} */ { series, to }) {
    if (series === null) this.news.hold();
    for (const [id, { request }] of this.subscriptions) {
      const named = series === null ? request.series : request.series.filter((one) => series.includes(one));
      const before = to !== null && this.news.until !== null && to < this.news.until - reach(request.since);
      if (series === null) this.again(id);
      else if (named.length && !before && !this.asleep) this.#send({ op: "refill", id, series: named });
    }
  }

  #send(/** @type {object} */ message) {
    if (this.ready) this.socket.send(JSON.stringify(message));
  }

  #receive(/** @type {any} */ message) {
    const now = this.world.now();
    this.quietSince = now;
    this.news.hear(now);
    const subscription = this.subscriptions.get(message.id);
    const isMissed = message.op === "hello" ? this.first.isDue : message.op === "refill" && message.series === null;
    if (message.op === "beat") this.news.take(message, now);
    if (message.op === "hello") {
      this.hello = message;
      this.news.hold();
      this.news.take(message, now);
      this.attempt = 0;
      this.acks = new Acks((seq) => this.#send({ op: "ack", seq }), this.world, message.frames);
      this.#follow();
      this.#watch();
      for (const id of this.subscriptions.keys()) this.again(id);
    } else if (message.op === "readings") {
      this.thinned = message.thinned;
      const acks = this.acks;
      acks?.receive(message.seq);
      if (this.asleep) acks?.skip(); // a hidden tab draws nothing, and there is no frame to wait for
      else this.world.drawn(() => acks?.draw(message.seq));
    } else if (message.op === "refill") this.#refill(message);
    else if (message.op === "unknown" && subscription) {
      // Not changed in place: the page that asked may hold on to what it asked for.
      const series = subscription.request.series.filter((one) => !message.series.includes(one));
      subscription.request = { ...subscription.request, series };
    } else if (subscription && (message.op === "snapshot" || message.op === "error")) {
      subscription.waiting = false;
      if (message.op === "error") this.#refused(message, subscription);
    }
    this.#emit(message.op, message);
    if (message.op === "hello") this.first.begin();
    if (isMissed) this.#emit("missed", message);
    this.#settle();
  }

  #settle() {
    if (!this.ready) return;
    const waiting = !this.asleep && [...this.subscriptions.values()].some((s) => s.waiting);
    this.#set(waiting || this.thinned ? "catching up" : "live");
  }

  #lost(/** @type {number} */ code) {
    // Who was let in before may get another key of the session, as after a change of the password: tried once more.
    const wasIn = this.ready;
    this.socket = null;
    this.hello = null;
    this.thinned = false;
    this.world.cancel(this.timer);
    this.acks?.end();
    this.first.begin();
    if (code === LOGGED_OUT && !wasIn) {
      this.#set("logged out");
      return;
    }
    const delay = Math.max(backoff(this.attempt, this.world.random()), code === LOGGED_OUT ? ANOTHER_KEY : 0);
    this.attempt += 1;
    this.retryAt = this.world.now() + delay;
    this.timer = this.world.later(() => this.open(), delay);
    this.#set(this.world.online() ? "reconnecting" : "offline");
  }

  /** A dead peer sends no close: the server speaks each two seconds. */
  #tick() {
    const now = this.world.now();
    this.quietSince = Math.min(this.quietSince, now);
    this.news.stepBack(now);
    if (now - this.quietSince > DEAD_AFTER) {
      const socket = this.socket;
      this.#lost(0);
      socket.close();
      return;
    }
    this.timer = this.world.later(() => this.#tick(), TICK);
  }

  #set(/** @type {ConnectionState} */ state) {
    if (this.state === state) return;
    this.state = state;
    this.#emit("state", state);
  }
}
