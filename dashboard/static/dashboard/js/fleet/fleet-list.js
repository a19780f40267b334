/** The fleet: which of its devices are shown, where, and what their tiles are told. */

import { byId, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { atRest } from "../page/at-rest.js";
import { asTheyStood, counts, headline, MOVING, sections, shown, sorted, worstAlert } from "./fleet-order.js";
import { density } from "../frame/appearance.js";
import { FleetFeed, IN_VIEW } from "./fleet-feed.js";
import { FleetFilter } from "./fleet-filter.js";
import { FleetGrid } from "./fleet-grid.js";
import { FleetRoster } from "./fleet-roster.js";
import { get } from "../page/rest.js";
import { PROBLEMS } from "../presence/presence.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";
import { t } from "../page/language.js";

const SETTLE = 250; // ms after scrolling before the subscription follows
const AT_MOST = 2_000; // ms until it follows, although tiles never stop to come and go
const AGAIN_AFTER = 5_000; // ms between two tries to read what was not heard
const SCROLLING = 400; // ms after the last scroll while no tile comes or goes
const REMOVED_FOR = 4_000; // ms a removed device stays to say so
const SLICE = 100; // devices taken in before the page may do something else
const ROWS_FROM = 100; // devices that are rows by themselves
const PHONE = matchMedia("(max-width: 720px)");

/** @typedef {import("./fleet-device.js").FleetDevice} FleetDevice */

/** The page may draw and hear meanwhile. */
const breath = () => new Promise((go) => setTimeout(go, 0));

export class Fleet {
  /** told when the tiles stand in their order */ arranged = () => {};

  /** @param {Pick<typeof import("../live/live.js"), "connection"|"isUnknown"|"judgedAt"|"knownUntil">} live */
  constructor(live) {
    this.live = live;
    /** what the first picture waits for @type {Promise<void>} */ this.ready = Promise.resolve();
    this.list = byId("devices");
    this.filter = new FleetFilter(() => this.chosen());
    this.grid = new FleetGrid(this.list, { paint: (tile) => tile.paint(serverNow(), live.knownUntil()), moved: atRest(() => this.feed.follow(this.grid.devicesInView), SETTLE, AT_MOST) });
    this.roster = new FleetRoster((device) => this.grid.changed(device));
    this.feed = new FleetFeed(live.connection);
    this.loaded = this.unknown = false;
    this.turn = 0;
    /** where devices stand in an order that changes by itself @type {Map<string, number>} */ this.places = new Map();
    this.placed = "";
    /** as they were shown last, in an order that stays @type {FleetDevice[]} */ this.stood = [];
    /** the history of what is in view could be read */ this.lines = true;
    this.scrolled = 0;
    this.pending = false;
    byId("sort-again").addEventListener("click", () => {
      this.placed = "";
      this.arrange();
    });
    document.addEventListener("appearance", () => this.#layOut());
    PHONE.addEventListener("change", () => this.#layOut());
  }

  async load() {
    byId("progress").hidden = false;
    const turn = ++this.turn;
    const { news } = this.live.connection;
    const asked = news.asked;
    this.roster.begin();
    try {
      const [answer] = await Promise.all([get("/api/v1/fleet/"), this.ready]);
      await this.take(answer, () => turn === this.turn);
      if (turn !== this.turn) return;
      news.release(asked);
      this.second();
      if (this.lines) endTrouble(byId("trouble"));
    } catch (error) {
      if (turn !== this.turn) return; // a later one says how it is
      showTrouble(byId("trouble"), t("The fleet could not be loaded. {reason}", { reason: /** @type {Error} */ (error).message }), () => this.load());
      this.roster.end();
      if (news.holds) setTimeout(() => this.load(), AGAIN_AFTER);
    } finally {
      if (turn === this.turn) byId("progress").hidden = true;
    }
  }

  /** @param {{devices: any[]}} answer @param {() => boolean} [isNewest] not, when it was asked for again meanwhile */
  async take({ devices }, isNewest = () => true) {
    for (let i = 0; i < devices.length; i += SLICE) {
      if (i && this.loaded) await breath();
      if (!isNewest()) return;
      for (const facts of devices.slice(i, i + SLICE)) if (!this.roster.gone.has(facts.uid)) this.roster.put(facts);
    }
    const { left, isWhole } = this.roster.end(new Set(devices.map((facts) => facts.uid)));
    for (const uid of left) this.remove(uid);
    if (!isWhole) setTimeout(() => this.load(), AGAIN_AFTER);
    this.second();
    if (!this.loaded) this.#layOut();
    const isFirst = !this.loaded;
    this.loaded = true;
    this.arrange({ slide: !isFirst });
    this.#followAll();
  }

  /** @param {import("../alerts/standing.js").Alert[]} open worst first */
  showAlerts(open) {
    this.roster.showAlerts(open);
    if (this.loaded) this.second();
  }

  /** @param {import("./card.js").Template[]} templates */
  dress(templates) {
    this.roster.dress(templates);
    this.grid.refresh();
    if (this.loaded) this.feed.follow(this.grid.devicesInView);
    if (this.loaded) this.feed.again();
  }

  /** @param {string} uid */
  remove(uid) {
    if (!this.roster.remove(uid)) return;
    this.grid.leaving(uid, t("Removed"));
    this.#count();
    setTimeout(() => this.arrange(), REMOVED_FOR);
  }

  /** The viewer chose what is shown, or how. */
  chosen() {
    if (this.filter.order !== this.placed) this.placed = "";
    this.#layOut();
    this.arrange();
  }

  /** Tiles or rows. Decided when the viewer does something, so that the page never changes its form by itself. */
  #layOut() {
    const { layout } = this.filter;
    const many = [...this.roster.devices.values()].filter((device) => shown(device, this.filter)).length > ROWS_FROM;
    const rows = layout === "" ? density() === "compact" || PHONE.matches || (many && density() !== "wall") : layout === "rows";
    this.list.classList.toggle("is-rows", rows);
  }

  /** Which devices are shown, where. Of a filter by state they come and go by themselves: not under a pointer or a focus. */
  arrange({ evenIfWatched = true, slide = true } = {}) {
    const all = [...this.roster.devices.values()];
    const visible = all.filter((device) => shown(device, this.filter));
    this.#count(visible.length);
    byId("first-device").hidden = all.length > 0;
    byId("none-match").hidden = all.length === 0 || visible.length > 0;
    setText(byId("none-match-text"), t("{n} devices are hidden by the search and filters.", { n: all.length }));
    byId("sort-again").hidden = !MOVING.has(this.filter.order);
    const watched = performance.now() - this.scrolled < SCROLLING || this.list.matches(":hover") || this.list.contains(document.activeElement);
    this.pending = !evenIfWatched && watched;
    if (this.pending) return;
    this.grid.show(sections(this.#ordered(all, visible), this.filter.group), slide);
    this.arranged();
  }

  #ordered(/** @type {FleetDevice[]} */ all, /** @type {FleetDevice[]} */ visible) {
    const { order } = this.filter;
    if (!MOVING.has(order)) {
      // Nearly always they stand as they stood, and what is in order already is sorted ten times as fast.
      const others = new Set(visible);
      this.stood = sorted([...this.stood.filter((device) => others.delete(device)), ...others], order);
      return this.stood;
    }
    if (this.placed !== order) this.places = new Map(sorted(all, order).map(({ uid }, index) => [uid, index]));
    this.placed = order;
    return asTheyStood(visible, this.places);
  }

  /** How many are in each state: chips, headings, title and badge. @param {number} [visible] devices that are shown */
  #count(visible) {
    const all = [...this.roster.devices.values()];
    const count = counts(all);
    const seen = visible ?? all.filter((device) => shown(device, this.filter)).length;
    const unknown = this.live.isUnknown();
    this.filter.showCounts(count, all.length - seen, worstAlert(all), unknown && all.length > 0);
    setTab(unknown ? `${t("Not known")} · ${t("Fleet")}` : headline(count), [...PROBLEMS].reduce((sum, name) => sum + count[name], 0));
    setText(byId("count"), all.length ? String(all.length) : "");
    this.grid.count();
  }

  #followAll() {
    this.feed.follow(this.grid.devicesInView);
    this.feed.judge(this.roster.devices.values());
  }

  /** @param {any} message */
  readings({ d }) {
    const now = serverNow();
    for (const [id, points] of Object.entries(d)) {
      const device = this.roster.bySeries.get(Number(id));
      if (!device) continue;
      device.add(Number(id), points, now);
      this.grid.changed(device);
    }
  }

  /** When devices were last heard. @param {any} message */
  beat({ heard }) {
    for (const device of this.roster.devices.values()) device.heardAt(heard[device.facts.id]);
    this.second();
  }

  /** @param {any} message */
  snapshot({ id, series, to }) {
    if (id === IN_VIEW && !this.lines) {
      this.lines = true;
      endTrouble(byId("trouble"));
    }
    for (const history of series) {
      const device = this.roster.bySeries.get(history.id);
      if (!device) continue;
      if (id === IN_VIEW) device.load(history, to);
      else device.look(history.id, history.points);
      this.grid.changed(device);
    }
  }

  /** @param {any} message */
  refused({ id, message }) {
    if (id !== IN_VIEW) return;
    this.lines = false;
    showTrouble(byId("trouble"), t("The lines of the last 15 minutes could not be loaded. {reason}", { reason: message }), () => this.feed.again());
  }

  /** Presence ages by the clock alone. */
  second() {
    const now = this.live.judgedAt();
    const [unknown, present] = [this.live.isUnknown(), serverNow()];
    let changed = unknown !== this.unknown; // the title says so
    this.unknown = unknown;
    for (const device of this.roster.devices.values()) {
      if (!device.judge(now, unknown, present)) continue;
      changed = true;
      this.grid.judged(device, now);
    }
    this.grid.refresh();
    if (!this.loaded) return;
    if ((changed && this.filter.states.size) || this.pending) this.arrange({ evenIfWatched: false });
    else if (changed) this.#count();
  }

  /** @param {any} message */
  event(message) {
    if (message.op === "device" && message.change === "deleted") {
      const { uid } = message.device;
      toast(t("{name} was removed.", { name: this.roster.devices.get(uid)?.name ?? uid }));
      this.remove(uid);
      return;
    }
    if (!this.roster.tell(message)) return;
    this.second();
    if (message.op === "device" && this.loaded) this.arrange();
    this.#followAll();
  }
}
