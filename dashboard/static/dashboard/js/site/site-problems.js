/** What is wrong at a site: its open alerts, worst first, then devices that are not heard or beyond a limit. */

import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { lasting, SEVERITY } from "../alerts/words.js";
import { wayTo } from "../alerts/way.js";
import { t, worded } from "../page/language.js";
import { WORDS } from "../presence/presence.js";

const MOST = 50; // rows

/** @typedef {import("../alerts/standing.js").Alert} Alert @typedef {import("./site-device.js").SiteDevice} SiteDevice */

export class SiteProblems {
  constructor() {
    /** @type {Map<string, HTMLElement>} */ this.rows = new Map();
  }

  /** @param {Alert[]} alerts worst first @param {SiteDevice[]} devices @param {number} now */
  show(alerts, devices, now) {
    const alerted = new Set(alerts.map(({ device }) => device));
    const away = devices.filter((device) => device.isBad && !alerted.has(device.uid));
    const rows = [
      ...alerts.map((alert) => ({ key: `a${alert.id}`, state: /** @type {string} */ (alert.severity), word: SEVERITY[alert.severity], text: worded(alert.said, alert.sentence), since: alert.started, href: wayTo(alert, now) })),
      ...away.map((device) => ({ key: `d${device.uid}`, state: device.state, word: /** @type {any} */ (WORDS)[device.state], text: [device.name, ...device.limits].join(" · "), since: device.since, href: device.href })),
    ];
    const shown = rows.slice(0, MOST).map((row) => this.#row(row, now));
    showRows(byId("problems"), shown);
    byId("problems-none").hidden = rows.length > 0;
    byId("problems-more").hidden = rows.length <= MOST;
    setText(byId("problems-more"), t("and {n} more", { n: rows.length - MOST }));
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
