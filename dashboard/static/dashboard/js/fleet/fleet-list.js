/** The list of the fleet page: what is known of each device, in order, and drawn when it changed. */

import { byId, endTrouble, place, showTrouble, toast } from "../page/element.js";
import { counts, headline, shown, sorted } from "./fleet-order.js";
import { FleetDevice } from "./fleet-device.js";
import { FleetFeed, IN_VIEW } from "./fleet-feed.js";
import { FleetFilter } from "./fleet-filter.js";
import { get } from "../page/rest.js";
import { FleetPainter } from "./fleet-painter.js";
import { PROBLEMS } from "../presence/presence.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";

const SETTLE = 250; // ms after scrolling before the subscription follows
const AGAIN_AFTER = 5_000; // ms between two tries to read what was not heard
const SCROLLING = 400; // ms after the last scroll while nothing changes its place
const REMOVED_FOR = 4_000; // ms a removed device stays to say so

export class Fleet {
  /** told when the tiles stand in their order */ arranged = () => {};

  /** @param {Pick<typeof import("../live/live.js"), "connection"|"isUnknown"|"judgedAt"|"knownUntil">} live */
  constructor(live) {
    this.live = live;
    /** @type {Map<string, FleetDevice>} */ this.devices = new Map();
    /** @type {Map<number, FleetDevice>} */ this.bySeries = new Map();
    /** @type {Set<FleetDevice>} */ this.inView = new Set();
    /** the worst open alert of each device, by uid @type {Map<string, import("../alerts/standing.js").Alert>} */ this.alerts = new Map();
    /** the tiles stand below what is wrong, and come with it @type {Promise<void>} */ this.ready = Promise.resolve();
    this.list = byId("devices");
    this.filter = new FleetFilter(() => this.arrange());
    this.loaded = false;
    this.settle = 0;
    /** the history of what is in view could be read */ this.lines = true;
    this.scrolled = 0;
    this.painter = new FleetPainter(this.inView, (device) => device.paint(serverNow(), live.knownUntil()));
    this.feed = new FleetFeed(live.connection);
    this.observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "300px 0px" });
  }

  async load() {
    byId("progress").hidden = false;
    const { news } = this.live.connection;
    const asked = news.asked;
    try {
      const [answer] = await Promise.all([get("/api/v1/fleet/"), this.ready]);
      this.take(answer);
      news.release(asked);
      this.second();
      if (this.lines) endTrouble(byId("trouble"));
    } catch (error) {
      showTrouble(byId("trouble"), `The fleet could not be loaded. ${/** @type {Error} */ (error).message}`, () => this.load());
      if (news.holds) setTimeout(() => this.load(), AGAIN_AFTER);
    } finally {
      byId("progress").hidden = true;
    }
  }

  /** @param {{devices: any[]}} answer */
  take({ devices }) {
    if (!this.loaded) this.list.replaceChildren();
    const uids = new Set(devices.map((facts) => facts.uid));
    for (const uid of this.devices.keys()) if (!uids.has(uid)) this.remove(uid);
    for (const facts of devices) this.put(facts);
    this.loaded = true;
    this.second();
    this.arrange();
    this.feed.follow(this.inView);
  }

  /** @param {any} facts @returns {FleetDevice} */
  put(facts) {
    let device = this.devices.get(facts.uid);
    if (device) device.update(facts);
    else {
      device = new FleetDevice(facts);
      this.devices.set(facts.uid, device);
      if (this.loaded) device.element.classList.add("is-new");
    }
    device.alerted(this.alerts.get(device.uid) ?? null);
    for (const { id } of device.facts.series) this.bySeries.set(id, device);
    this.painter.soon(device);
    return device;
  }

  /** @param {import("../alerts/standing.js").Alert[]} open worst first */
  showAlerts(open) {
    this.alerts = new Map([...open].reverse().flatMap((alert) => (alert.device === null ? [] : [[alert.device, alert]])));
    for (const device of this.devices.values()) device.alerted(this.alerts.get(device.uid) ?? null);
    if (this.loaded) this.second();
  }

  /** @param {string} uid */
  remove(uid) {
    const device = this.devices.get(uid);
    if (!device) return;
    this.devices.delete(uid);
    for (const { id } of device.facts.series) this.bySeries.delete(id);
    device.element.classList.add("is-removed");
    device.element.removeAttribute("href");
    device.parts.where.textContent = "Removed";
    setTimeout(() => {
      this.observer.unobserve(device.element);
      this.inView.delete(device);
      device.element.remove();
    }, REMOVED_FOR);
    this.arrange();
  }

  /** Order and filter. Not under a pointer or a focus: what one is about to click must not move. */
  arrange({ evenIfWatched = true } = {}) {
    if (!this.loaded) return;
    const all = [...this.devices.values()];
    const count = counts(/** @type {any} */ (all));
    const visible = all.filter((device) => shown(/** @type {any} */ (device), this.filter));
    this.filter.showCounts(count, all.length - visible.length);
    setTab(this.live.isUnknown() ? "Not known · Fleet" : headline(count), [...PROBLEMS].reduce((sum, name) => sum + count[name], 0));
    byId("count").textContent = all.length ? String(all.length) : "";
    byId("first-device").hidden = all.length > 0;
    byId("none-match").hidden = all.length === 0 || visible.length > 0;
    byId("none-match-text").textContent = `${all.length} devices are hidden by the search and filters.`;
    const watched = performance.now() - this.scrolled < SCROLLING || this.list.matches(":hover") || this.list.contains(document.activeElement);
    if (!evenIfWatched && watched) {
      this.pending = true;
      return;
    }
    this.pending = false;
    const kept = new Set(visible);
    for (const device of all) if (!kept.has(device)) device.element.remove();
    place(this.list, sorted(/** @type {any[]} */ (visible), this.filter.order).map((device) => device.element), (tile) => this.observer.observe(tile));
    this.arranged();
  }

  #seen(/** @type {IntersectionObserverEntry[]} */ entries) {
    for (const { target, isIntersecting } of entries) {
      const device = this.devices.get(decodeURIComponent(/** @type {HTMLAnchorElement} */ (target).pathname.split("/")[2] ?? ""));
      if (!device) continue;
      if (isIntersecting) {
        this.inView.add(device);
        this.painter.soon(device);
      } else this.inView.delete(device);
    }
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.feed.follow(this.inView), SETTLE);
  }

  /** @param {any} message */
  readings({ d }) {
    const now = serverNow();
    for (const [id, points] of Object.entries(d)) {
      const device = this.bySeries.get(Number(id));
      if (!device) continue;
      device.add(Number(id), points, now);
      this.painter.soon(device);
    }
  }

  /** When devices were last heard. @param {any} message */
  beat({ heard }) {
    for (const device of this.devices.values()) device.heardAt(heard[device.facts.id]);
    this.second();
  }

  /** @param {any} message */
  snapshot({ id, series, to }) {
    if (id !== IN_VIEW) return;
    if (!this.lines) {
      this.lines = true;
      endTrouble(byId("trouble"));
    }
    for (const history of series) {
      const device = this.bySeries.get(history.id);
      if (!device) continue;
      device.load(history, to);
      this.painter.soon(device);
    }
  }

  /** @param {any} message */
  refused({ id, message }) {
    if (id !== IN_VIEW) return;
    this.lines = false;
    showTrouble(byId("trouble"), `The lines of the last 15 minutes could not be loaded. ${message}`, () => this.feed.again());
  }

  /** Presence ages by the clock alone. */
  second() {
    const now = this.live.judgedAt();
    const unknown = this.live.isUnknown();
    let changed = false;
    for (const device of this.devices.values()) changed = device.judge(now, unknown) || changed;
    for (const device of this.inView) this.painter.soon(device);
    if (changed || this.pending) this.arrange({ evenIfWatched: false });
  }

  /** @param {any} message */
  event(message) {
    if (message.op === "device") {
      if (message.change === "deleted") {
        const name = this.devices.get(message.device.uid)?.name ?? message.device.uid;
        toast(`${name} was removed.`);
        this.remove(message.device.uid);
        return;
      }
      this.put(message.device);
    } else {
      const device = this.devices.get(message.uid);
      if (!device) return;
      if (message.op === "presence") {
        device.update({ presence: { ...device.facts.presence, connection: message.connection, since: message.since } });
      } else {
        const known = new Map(device.facts.series.map((/** @type {any} */ s) => [s.id, s]));
        for (const s of message.series) known.set(s.id, { latest: null, ...known.get(s.id), ...s });
        for (const id of message.deleted ?? []) known.delete(id);
        this.put({ uid: message.uid, series: [...known.values()] });
      }
    }
    this.second();
    this.arrange({ evenIfWatched: message.op === "device" });
    this.feed.follow(this.inView);
  }
}
