/** The devices of the fleet page, by uid and by series, and what each is given when it comes: its worst alert, what the cards of its kind show. */

import { FleetDevice } from "./fleet-device.js";

const MOST_TOLD = 10_000; // messages remembered while a read is on its way; after more it is read again

export class FleetRoster {
  /** @param {(device: FleetDevice) => void} changed told of a device whose facts changed */
  constructor(changed) {
    this.changed = changed;
    /** by uid @type {Map<string, FleetDevice>} */ this.devices = new Map();
    /** @type {Map<number, FleetDevice>} */ this.bySeries = new Map();
    /** the worst open alert of each device, by uid @type {Map<string, import("../alerts/standing.js").Alert>} */ this.alerts = new Map();
    /** what cards show, by kind @type {Map<string, import("./card.js").Template>} */ this.templates = new Map();
    /** uids removed while a read was on its way, which may not know of it @type {Set<string>} */ this.gone = new Set();
    this.isReading = false;
    /** what else was told meanwhile @type {any[]} */ this.told = [];
  }

  /** What is told from now on may be newer than what is being read. */
  begin() {
    this.isReading = true;
    this.gone.clear();
    this.told = [];
  }

  /** It was read, all of `uids`, or it could not be: what was told meanwhile holds. @param {Set<string>} [uids]
   * @returns {{left: string[], isWhole: boolean}} devices that are no more; whether everything told was remembered */
  end(uids) {
    const { told } = this;
    this.isReading = false;
    this.told = [];
    if (!uids) return { left: [], isWhole: true };
    const come = new Set(told.filter(({ op }) => op === "device").map(({ device }) => device.uid));
    const left = [...this.devices.keys()].filter((uid) => !uids.has(uid) && !come.has(uid));
    for (const message of told) if (!this.gone.has(uidOf(message))) this.tell(message);
    return { left, isWhole: told.length < MOST_TOLD };
  }

  /** @param {any} facts */
  put(facts) {
    let device = this.devices.get(facts.uid);
    if (device) device.update(facts);
    else {
      device = new FleetDevice(facts);
      this.devices.set(facts.uid, device);
    }
    device.dress(this.templates.get(device.kind) ?? null);
    device.alerted(this.alerts.get(device.uid) ?? null);
    for (const { id } of device.facts.series) this.bySeries.set(id, device);
    this.changed(device);
  }

  /** @param {string} uid @returns {boolean} whether it was here */
  remove(uid) {
    const device = this.devices.get(uid);
    this.gone.add(uid);
    if (!device) return false;
    this.devices.delete(uid);
    for (const { id } of device.facts.series) this.bySeries.delete(id);
    return true;
  }

  /** What the server says of one device: itself, its presence, or its series. @param {any} message @returns {boolean} whether it is here */
  tell(message) {
    if (this.isReading && this.told.length < MOST_TOLD) this.told.push(message);
    if (message.op === "device") {
      this.gone.delete(message.device.uid);
      this.put(message.device);
      return true;
    }
    const device = this.devices.get(message.uid);
    if (!device) return false;
    if (message.op === "presence") {
      device.update({ presence: { ...device.facts.presence, connection: message.connection, since: message.since } });
    } else {
      const series = new Map(device.facts.series.map((/** @type {any} */ one) => [one.id, one]));
      for (const one of message.series) series.set(one.id, { latest: null, ...series.get(one.id), ...one });
      for (const id of message.deleted ?? []) series.delete(id);
      this.put({ uid: message.uid, series: [...series.values()] });
    }
    return true;
  }

  /** What the store has now as the newest of a series whose history changed. @param {number} id @param {[number, number|string]|null} point */
  amend(id, point) {
    const device = this.bySeries.get(id);
    if (!device) return;
    device.amend(id, point);
    this.changed(device);
  }

  /** @param {import("../alerts/standing.js").Alert[]} open worst first */
  showAlerts(open) {
    this.alerts = new Map([...open].reverse().flatMap((alert) => (alert.device === null ? [] : [[alert.device, alert]])));
    for (const device of this.devices.values()) device.alerted(this.alerts.get(device.uid) ?? null);
  }

  /** @param {import("./card.js").Template[]} templates */
  dress(templates) {
    this.templates = new Map(templates.map((one) => [one.kind, one]));
    for (const device of this.devices.values()) device.dress(this.templates.get(device.kind) ?? null);
  }
}

const uidOf = (/** @type {any} */ message) => message.uid ?? message.device.uid;
