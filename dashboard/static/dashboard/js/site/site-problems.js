/** What is wrong at a site: its open alerts, worst first, then devices that are not heard or beyond a limit. */

import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { lasting, SEVERITY } from "../alerts/words.js";
import { wayTo } from "../alerts/way.js";
import { ProblemRoom } from "../fleet/problem-room.js";
import { t, worded } from "../page/language.js";
import { WORDS } from "../presence/presence.js";

const MOST = 50; // rows when all are asked for

/** @typedef {import("../alerts/standing.js").Alert} Alert @typedef {import("./site-device.js").SiteDevice} SiteDevice */

export class SiteProblems {
  constructor() {
    /** @type {Map<string, HTMLElement>} */ this.rows = new Map();
    this.room = new ProblemRoom(byId("problems"));
    byId("problems-more").addEventListener("click", () => {
      this.room.turn();
      this.again();
    });
  }

  /** Show what was shown last. */
  again = () => {};

  /** @param {Alert[]} alerts worst first @param {SiteDevice[]} devices @param {number} now */
  show(alerts, devices, now) {
    this.again = () => this.show(alerts, devices, now);
    const alerted = new Set(alerts.map(({ device }) => device));
    const away = devices.filter((device) => device.isBad && !alerted.has(device.uid));
    const rows = [
      ...alerts.map((alert) => ({ key: `a${alert.id}`, state: /** @type {string} */ (alert.severity), word: SEVERITY[alert.severity], text: worded(alert.said, alert.sentence), since: alert.started, href: wayTo(alert, now) })),
      ...away.map((device) => ({ key: `d${device.uid}`, state: device.state, word: /** @type {any} */ (WORDS)[device.state], text: [device.name, ...device.limits].join(" · "), since: device.since, href: device.href })),
    ];
    this.room.make(rows.length);
    const shown = rows.slice(0, this.room.isAll ? MOST : this.room.rows).map((row) => this.#row(row, now));
    showRows(byId("problems"), shown);
    byId("problems-none").hidden = rows.length > 0;
    const unseen = rows.length - shown.length;
    byId("problems-more").hidden = !this.room.isAll && unseen === 0;
    setText(byId("problems-more"), this.room.isAll ? t("Show fewer") : t("{n} more", { n: unseen }));
    byId("problems-more").setAttribute("aria-expanded", String(this.room.isAll));
    return rows.length;
  }

  #row(/** @type {{key: string, state: string, word: string, text: string, since: number|null, href: string}} */ { key, state, word, text, since, href }, /** @type {number} */ now) {
    const id = `${key} ${state}`;
    let row = this.rows.get(id);
    if (!row) {
      row = el("li", {}, el("a", {}, stateMark(state, word), el("b", { class: "clip" }), el("span", { class: "quiet since" })));
      this.rows.set(id, row);
    }
    const link = /** @type {HTMLElement} */ (row.firstElementChild);
    link.setAttribute("href", href);
    setText(link.children[1], text);
    setText(link.children[2], since === null ? "" : lasting(now - since));
    return row;
  }
}
