/** The one time line of a device page: its window, its cursor, and where its data comes from. */

import { bounds, fromQuery, live, pan, pause, range, toQuery, windowQuery, zoom } from "./timespan.js";
import { PagePoints } from "./page-points.js";
import { PointedTime } from "./pointed-time.js";

const SUBSCRIPTION = 1;
const POINTS = 800; // points of one series in a history
const EVERY = 200; // ms between two frames
const SETTLE = 180; // ms after the last pan or zoom before the history is fetched
const FALLBACK = 2500; // ms without a snapshot before the history is read by REST
const FRESH_LIMIT = 600; // live points beyond those of a history before it is loaded anew
const BUCKETS_OLD = 5; // buckets after which a reduced history is loaded anew

/**
 * What it stands on: the page's connection, clock and address.
 * @typedef {{connection: import("../live/connection.js").LiveConnection, knownUntil: () => number, now: () => number,
 *   get: (path: string, signal?: AbortSignal) => Promise<any>, search: () => string, show: (query: string) => void, hidden: () => boolean}} World
 */
export class TimeLine extends PointedTime {
  /** @param {number[]} series ids @param {World} world */
  constructor(series, world) {
    super();
    this.series = series;
    this.world = world;
    this.span = fromQuery(world.search());
    this.held = new PagePoints();
    this.loadedAt = 0;
    this.loading = false;
    /** @type {any} */ this.timer = 0;
    /** changes with every history */ this.generation = 0;
    this.#wire();
  }

  get live() {
    return this.span.mode === "live";
  }

  now() {
    return this.world.now();
  }

  knownUntil() {
    return this.world.knownUntil();
  }

  /** @override */
  bounds() {
    return bounds(this.span, this.now());
  }

  /** What to ask the server for: ms. A window that goes on has no end: this page's clock may be behind what was stored just now.
   * @returns {{from: number, to: number|null}} */
  get asked() {
    const { from, to } = this.bounds();
    return { from: Math.floor(from), to: this.live ? null : Math.ceil(to) };
  }

  /** The points to draw; live ones also stand in while a range loads. @param {number} id */
  points(id) {
    return this.live ? this.held.live(id) : this.held.range(id);
  }

  /** The parts of the window in which readings of a series may be missing here. @param {number} id */
  unknown(id) {
    return this.held.missing(id, this.points(id), this.bounds(), this.knownUntil());
  }

  /** Nothing live comes for now: the connection is lost, or the tab sleeps. */
  interrupted() {
    this.held.interrupt(this.knownUntil());
  }

  #wire() {
    const { connection } = this.world;
    connection.on("snapshot", (message) => message.id === SUBSCRIPTION && this.#history(message));
    connection.on("error", (message) => message.id === SUBSCRIPTION && this.live && this.#failed(message.message));
    connection.on("state", (state) => {
      if (state === "reconnecting" || state === "offline") this.interrupted();
    });
    connection.on("readings", ({ d }) => {
      this.held.add(d, this.now());
      this.dispatchEvent(new CustomEvent("readings", { detail: d }));
    });
    connection.on("refill", ({ series, from, to }) => {
      if (this.span.mode === "live" || this.span.paused || (series !== null && !this.series.some((id) => series.includes(id)))) return;
      const shown = this.bounds();
      if ((from === null || from <= shown.to) && (to === null || to >= shown.from)) this.#fetch();
    });
  }

  #history(/** @type {any} */ message) {
    this.loadedAt = Date.now();
    const last = message.part === message.parts; // both absent when it comes in one piece
    this.held.load(message, last);
    if (this.live) this.#loaded(last);
  }

  #loaded(last = true) {
    this.generation += 1;
    if (last) this.loading = false;
    this.dispatchEvent(new Event("loaded"));
  }

  /** A reduced history grows a raw tail; load it anew before the two resolutions differ visibly. */
  renew() {
    if (!this.live) return;
    const { from, to } = this.bounds();
    this.held.trim(to - (to - from) * 1.1);
    if (this.world.hidden()) return;
    const { bucket } = this.held;
    const old = bucket > 0 && Date.now() - this.loadedAt > Math.max(30_000, BUCKETS_OLD * bucket);
    if (old || this.held.hasMore(POINTS, FRESH_LIMIT)) this.subscribe();
  }

  /** Follow these series live, with the window's history. */
  subscribe() {
    const { connection } = this.world;
    if (!this.series.length) {
      this.loading = false;
      this.abort?.abort();
      connection.unsubscribe(SUBSCRIPTION);
      return;
    }
    const name = this.live ? this.span.preset : live(this.span.preset).preset;
    connection.subscribe(SUBSCRIPTION, { series: this.series, since: name, points: POINTS, every: EVERY });
    const asked = Date.now();
    setTimeout(() => this.live && this.series.length && this.loadedAt < asked && this.#fetch(), FALLBACK);
  }

  /** @param {number[]} series */
  follow(series) {
    this.series = series;
    this.subscribe();
  }

  async #fetch() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { live: isOfLive } = this;
    if (!this.series.length) {
      this.loading = false;
      return;
    }
    const query = `series=${this.series.join()}&${windowQuery(this.asked)}&points=${POINTS}`;
    try {
      const answer = await this.world.get(`/api/v1/readings/?${query}`, this.abort.signal);
      if (isOfLive) this.#history(answer);
      else {
        this.held.loadRange(answer);
        this.#loaded();
      }
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") return;
      this.#failed(/** @type {Error} */ (error).message);
    }
  }

  #failed(/** @type {string} */ detail) {
    this.loading = false;
    this.dispatchEvent(new CustomEvent("failed", { detail }));
  }

  retry() {
    if (this.live) this.subscribe();
    else this.#fetch();
  }

  #set(/** @type {import("./timespan.js").Span} */ span) {
    if (toQuery(span) !== toQuery(this.span)) this.world.show(toQuery(span));
    this.#go(span);
  }

  /** Show what the address says now: somebody went back. */
  restore() {
    this.#go(fromQuery(this.world.search()));
  }

  #go(/** @type {import("./timespan.js").Span} */ span) {
    const was = this.span;
    this.span = span;
    this.leavePointed();
    clearTimeout(this.timer);
    if (span.mode === "live" ? was.mode !== "live" : !span.paused) this.abort?.abort(); // of a window that is left
    if (span.mode === "live") {
      this.held.leaveRange();
      if (was.mode === "live" ? was.preset !== span.preset : was.preset !== span.preset || !this.world.connection.ready) {
        this.loading = this.series.length > 0;
        this.subscribe();
      } else if (was.mode !== "live") this.loading = false; // of the range
    } else if (!span.paused) {
      this.loading = this.series.length > 0;
      this.timer = setTimeout(() => this.#fetch(), SETTLE);
    } else this.held.freeze(this.knownUntil());
    this.dispatchEvent(new Event("span"));
  }

  /** @param {string} name of a preset */
  preset(name) {
    this.#set(live(name));
  }

  backToLive() {
    if (!this.live) this.#set(live(this.span.preset));
  }

  /** One step back: from a selection being dragged, from a kept one, from where a finger pointed, to live. */
  escape() {
    if (!this.letGo()) this.backToLive();
  }

  togglePause() {
    if (this.live) this.#set(pause(this.span, this.now()));
    else this.backToLive();
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.#set(range(this.span, from, to, this.now()));
  }

  /** @param {number} factor @param {number|null} [at] */
  zoom(factor, at = null) {
    this.#set(zoom(this.span, factor, this.now(), at));
  }

  /** @param {number} share */
  pan(share) {
    const span = pan(this.span, share, this.now());
    if (span.mode === "range" && share > 0 && span.to >= this.now() - 500) this.backToLive();
    else this.#set(span);
  }

  start() {
    this.loading = this.series.length > 0;
    this.subscribe();
    if (!this.live) this.#fetch();
  }
}
