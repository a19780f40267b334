/** What is wrong, on top of the fleet: the worst open alerts, each a way to its device at the time it began. */

import { byId, el, setText, showRows, stateMark } from "../page/element.js";
import { lasting, SEVERITY } from "../alerts/words.js";
import { serverNow } from "../time/clock.js";
import { wayTo } from "../alerts/way.js";

const MOST = 5; // rows; of more, how many

/** @typedef {import("../alerts/standing.js").Alert} Alert */

export class FleetProblems {
  constructor() {
    this.list = byId("problems-list");
    /** @type {Map<number, {row: HTMLElement, alert: Alert}>} */ this.rows = new Map();
  }

  /** @param {Alert[]} alerts that somebody should look at, worst first @param {number} open how many there are in all */
  show(alerts, open) {
    const now = serverNow();
    const shown = alerts.slice(0, MOST);
    const kept = new Set(shown.map(({ id }) => id));
    for (const id of this.rows.keys()) if (!kept.has(id)) this.rows.delete(id);
    for (const alert of shown) {
      const { row } = this.rows.get(alert.id) ?? { row: el("a", { class: "problem" }, stateMark(alert.severity, SEVERITY[alert.severity]),
        el("b", { class: "clip" }), el("span", { class: "quiet clip" }), el("span", { class: "since quiet" })) };
      this.rows.set(alert.id, { row, alert });
      setText(row.children[1], alert.sentence);
      /** @type {HTMLElement} */ (row.children[1]).title = alert.sentence;
      setText(row.children[2], [alert.site?.name, alert.assignee].filter(Boolean).join(" · "));
      row.setAttribute("href", wayTo(alert, now));
    }
    showRows(this.list, shown.map(({ id }) => /** @type {any} */ (this.rows.get(id)).row));
    byId("problems").hidden = shown.length === 0;
    byId("problems-more").hidden = open <= shown.length;
    setText(byId("problems-more"), `and ${open - shown.length} more`);
    this.second();
  }

  second() {
    const now = serverNow();
    for (const { row, alert } of this.rows.values()) setText(row.children[3], lasting(now - alert.started));
  }
}
