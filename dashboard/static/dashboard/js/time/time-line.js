/** The one time line of a device page: its window, cursor and where its data comes from. */

import { bounds, fromQuery, live, pan, pause, range, toQuery, zoom } from "./timespan.js";
import { connection, knownUntil } from "../live/live.js";
import { get } from "../page/rest.js";
import { Points } from "../charts/points.js";
import { serverNow } from "./clock.js";

const SUBSCRIPTION = 1;
const POINTS = 800; // points of one series in a history
const EVERY = 200; // ms between two frames
const SETTLE = 180; // ms after the last pan or zoom before the history is fetched
const FALLBACK = 2500; // ms without a snapshot before the history is read by REST
const FRESH_LIMIT = 600; // live points on a reduced history before it is loaded anew
const BUCKETS_OLD = 5; // buckets after which a reduced history is loaded anew

export class TimeLine extends EventTarget {
  /** @param {number[]} series ids */
  constructor(series) {
    super();
    this.series = series;
    this.span = fromQuery(location.search);
    /** @type {number|null} ms, where the pointer is */ this.cursor = null;
    /** @type {{from: number, to: number}|null} */ this.drag = null;
    /** @type {Map<number, Points>} */ this.livePoints = new Map();
    /** @type {Map<number, Points>} */ this.rangePoints = new Map();
    this.loadedAt = 0;
    this.loading = false;
    this.timer = 0;
    /** changes with every history */ this.generation = 0;
    this.#wire();
  }

  get live() {
    return this.span.mode === "live";
  }

  now() {
    return serverNow();
  }

  knownUntil() {
    return knownUntil();
  }

  bounds() {
    return bounds(this.span, this.now());
  }

  /** The points to draw; live ones also stand in while a range loads. @param {number} id @returns {Points} */
  points(id) {
    if (!this.live && this.rangePoints.has(id)) return /** @type {Points} */ (this.rangePoints.get(id));
    let points = this.livePoints.get(id);
    if (!points) this.livePoints.set(id, (points = new Points()));
    return points;
  }

  #wire() {
    connection.on("snapshot", (message) => message.id === SUBSCRIPTION && this.#history(message));
    connection.on("error", (message) => message.id === SUBSCRIPTION && this.live && this.#failed(message.message));
    connection.on("readings", ({ d }) => {
      for (const [id, points] of Object.entries(d)) this.livePoints.get(Number(id))?.add(points);
      this.dispatchEvent(new CustomEvent("readings", { detail: d }));
    });
    setInterval(() => this.#renew(), 5000);
  }

  #history(/** @type {any} */ { series, to }) {
    this.loadedAt = Date.now();
    for (const history of series) {
      const points = this.livePoints.get(history.id) ?? new Points();
      points.load(history, to);
      this.livePoints.set(history.id, points);
    }
    if (this.live) this.#loaded();
  }

  #loaded() {
    this.generation += 1;
    this.loading = false;
    this.dispatchEvent(new Event("loaded"));
  }

  /** A reduced history grows a raw tail; load it anew before the two resolutions differ visibly. */
  #renew() {
    if (!this.live) return;
    for (const points of this.livePoints.values()) points.trim(this.now() - this.span.ms * 1.1);
    const reduced = [...this.livePoints.values()].find((points) => points.bucket !== null);
    if (!reduced || document.hidden) return;
    const old = Date.now() - this.loadedAt > Math.max(30_000, BUCKETS_OLD * (reduced.bucket ?? 0));
    if (old || [...this.livePoints.values()].some((points) => points.fresh > FRESH_LIMIT)) this.subscribe();
  }

  /** Follow these series live, with the window's history. */
  subscribe() {
    if (!this.series.length) return connection.unsubscribe(SUBSCRIPTION);
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
    const { from, to } = this.bounds();
    const query = `series=${this.series.join()}&from=${Math.floor(from)}&to=${Math.ceil(to)}&points=${POINTS}`;
    try {
      const answer = await get(`/api/v1/readings/?${query}`, this.abort.signal);
      if (this.live) this.#history(answer);
      else {
        for (const history of answer.series) {
          const points = new Points();
          points.load(history, answer.to);
          this.rangePoints.set(history.id, points);
        }
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
    const was = this.span;
    this.span = span;
    history.replaceState(null, "", toQuery(span));
    clearTimeout(this.timer);
    if (span.mode === "live") {
      this.rangePoints.clear();
      if (was.mode === "live" ? was.preset !== span.preset : was.preset !== span.preset || !connection.ready) {
        this.loading = true;
        this.subscribe();
      }
    } else if (!span.paused) {
      this.loading = true;
      this.timer = setTimeout(() => this.#fetch(), SETTLE);
    } else this.#freeze();
    this.dispatchEvent(new Event("span"));
  }

  /** Paused: the picture stays as it is while live points go on arriving behind it. */
  #freeze() {
    for (const [id, points] of this.livePoints) this.rangePoints.set(id, points.copy());
  }

  /** @param {string} name of a preset */
  preset(name) {
    this.#set(live(name));
  }

  backToLive() {
    if (!this.live) this.#set(live(this.span.preset));
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
    this.subscribe();
    this.loading = true;
    if (!this.live) this.#fetch();
  }
}
