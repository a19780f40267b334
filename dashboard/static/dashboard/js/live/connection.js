/**
 * The one WebSocket of a page: subscriptions that survive reconnects, acks after drawing, and an
 * honest state. Speaks docs/live-protocol.md. Pure but for the socket, timers and clock it is given.
 */

import { backoff } from "./backoff.js";

const QUIET_AFTER = 15_000; // ms without a message before it asks whether the server is there
const DEAD_AFTER = 25_000; // ms without a message before it reconnects
const TICK = 1_000; // ms
const PROBE_ID = 0; // subscription id no page uses; asking for it makes the server answer
const LOGGED_OUT = 4401;
const AGAIN_AFTER = 5_000; // ms before history that could not be read is asked for again

/**
 * @typedef {"connecting"|"catching up"|"live"|"reconnecting"|"offline"|"logged out"} ConnectionState
 * @typedef {{series: number[], since?: string, points?: number, every?: number}} Request
 * @typedef {{request: Request, background: boolean, waiting: boolean, bare: boolean, again: boolean}} Subscription
 *   `bare`: goes on without the history asked for; `again`: it will be asked for again
 * @typedef {{open: (url: string) => any, now: () => number, random: () => number, later: (f: () => void, ms: number) => any,
 *   cancel: (timer: any) => void, drawn: (f: () => void) => void, online: () => boolean}} World
 */

export class LiveConnection {
  /** @type {ConnectionState} */ state = "connecting";
  /** ms, by the world's clock, until the next try */ retryAt = 0;
  /** last time the connection was live, by the world's clock */ lastLive = 0;

  /** @param {string} url @param {World} world */
  constructor(url, world) {
    this.url = url;
    this.world = world;
    /** @type {Map<number, Subscription>} */
    this.subscriptions = new Map();
    /** @type {Map<string, Set<(message: any) => void>>} */
    this.listeners = new Map();
    this.attempt = 0;
    this.asleep = false;
    this.ready = false;
    this.heard = 0;
    this.thinned = false;
    this.socket = null;
    this.timer = null;
  }

  /** Listen to one `op`, or to "state". @param {string} op @param {(message: any) => void} listener */
  on(op, listener) {
    const set = this.listeners.get(op) ?? new Set();
    this.listeners.set(op, set.add(listener));
    return this;
  }

  #emit(/** @type {string} */ op, /** @type {any} */ message) {
    for (const listener of this.listeners.get(op) ?? []) listener(message);
  }

  open() {
    this.#set("connecting");
    const socket = (this.socket = this.world.open(this.url));
    this.heard = this.world.now();
    socket.onmessage = (/** @type {{data: string}} */ event) => {
      if (socket === this.socket) this.#receive(JSON.parse(event.data));
    };
    socket.onclose = (/** @type {{code: number}} */ event) => {
      if (socket === this.socket) this.#lost(event.code);
    };
    this.world.cancel(this.timer);
    this.timer = this.world.later(() => this.#tick(), TICK);
  }

  /** Try at once: the network is back or the viewer asks. */
  hurry() {
    if (this.socket === null && this.state !== "logged out") this.open();
  }

  /** @param {number} id @param {Request} request @param {{background?: boolean}} [options] kept while the tab is hidden */
  subscribe(id, request, { background = false } = {}) {
    this.subscriptions.set(id, { request, background, waiting: false, bare: false, again: false });
    this.#request(id);
  }

  /** @param {number} id */
  unsubscribe(id) {
    if (!this.subscriptions.delete(id)) return;
    this.#send({ op: "unsubscribe", id });
    this.#settle();
  }

  /** The tab is hidden: nothing will be drawn, so nothing but the background need be sent. */
  sleep() {
    this.asleep = true;
    for (const [id, { background }] of this.subscriptions) if (!background) this.#send({ op: "unsubscribe", id });
  }

  wake() {
    if (!this.asleep) return;
    this.asleep = false;
    this.hurry();
    for (const [id, { background }] of this.subscriptions) if (!background) this.#request(id);
  }

  #request(/** @type {number} */ id) {
    const subscription = this.subscriptions.get(id);
    if (!subscription || !this.ready || (this.asleep && !subscription.background)) return;
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
      if (this.subscriptions.get(id) === subscription) this.#request(id);
    }, AGAIN_AFTER);
  }

  #send(/** @type {object} */ message) {
    if (this.ready) this.socket.send(JSON.stringify(message));
  }

  #receive(/** @type {any} */ message) {
    this.heard = this.world.now();
    if (message.op === "hello") {
      this.ready = true;
      this.attempt = 0;
      this.#emit("hello", message);
      for (const id of this.subscriptions.keys()) this.#request(id);
    } else if (message.op === "readings") {
      this.thinned = message.thinned;
      this.#emit("readings", message);
      const socket = this.socket;
      const ack = () => socket === this.socket && this.#send({ op: "ack", seq: message.seq });
      // A hidden tab draws nothing; waiting for a frame there would stall the background subscription.
      if (this.asleep) ack();
      else this.world.drawn(ack);
    } else if (message.op === "resync") {
      this.#emit("resync", message);
      for (const id of this.subscriptions.keys()) this.#request(id);
    } else if (message.id !== PROBE_ID) {
      const subscription = this.subscriptions.get(message.id);
      if (subscription && (message.op === "snapshot" || message.op === "error")) subscription.waiting = false;
      if (subscription && message.op === "error") this.#refused(message, subscription);
      this.#emit(message.op, message);
    }
    this.#settle();
  }

  #settle() {
    if (!this.ready) return;
    const waiting = [...this.subscriptions.values()].some((s) => s.waiting && !(this.asleep && !s.background));
    this.#set(waiting || this.thinned ? "catching up" : "live");
  }

  #lost(/** @type {number} */ code) {
    this.socket = null;
    this.ready = false;
    this.thinned = false;
    this.world.cancel(this.timer);
    if (code === LOGGED_OUT) {
      this.#set("logged out");
      return;
    }
    const delay = backoff(this.attempt, this.world.random());
    this.attempt += 1;
    this.retryAt = this.world.now() + delay;
    this.timer = this.world.later(() => this.open(), delay);
    this.#set(this.world.online() ? "reconnecting" : "offline");
  }

  /** A dead peer sends no close: ask after a silence, give up after a longer one. */
  #tick() {
    const quiet = this.world.now() - this.heard;
    if (quiet > DEAD_AFTER) {
      const socket = this.socket;
      this.#lost(0);
      socket.close();
      return;
    }
    if (quiet > QUIET_AFTER) this.#send({ op: "subscribe", id: PROBE_ID, series: [] });
    if (this.state === "live") this.lastLive = this.world.now();
    this.timer = this.world.later(() => this.#tick(), TICK);
  }

  #set(/** @type {ConnectionState} */ state) {
    if (state === "live") this.lastLive = this.world.now();
    if (this.state === state) return;
    this.state = state;
    this.#emit("state", state);
  }
}
