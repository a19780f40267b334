/** The rows of the page of alerts: one for each that is shown, what is chosen among them, and their live values. */

import { AlertRow } from "./alert-row.js";
import { atRest } from "../page/at-rest.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { showRows } from "../page/element.js";

const SUBSCRIPTION = 2; // of the values; a chart has 1
const MAX_SERIES = 100; // series of it: of the first rows
const SETTLE = 250; // ms in which rows come and go before the subscription follows
const AT_MOST = 2_000; // ms until it follows, although they never stop

/** @typedef {import("./standing.js").Alert} Alert */

export class AlertList {
  /** @param {HTMLElement} list @param {import("../live/connection.js").LiveConnection} connection
   * @param {{open: (row: AlertRow) => void, selected: (ids: Set<number>) => void}} told */
  constructor(list, connection, told) {
    this.list = list;
    this.connection = connection;
    this.told = told;
    /** @type {Map<number, AlertRow>} */ this.rows = new Map();
    /** ids @type {Set<number>} */ this.selected = new Set();
    /** the row the keys act on @type {number|null} */ this.here = null;
    this.series = "";
    this.settle = atRest(() => this.#follow(), SETTLE, AT_MOST);
    list.addEventListener("click", (event) => this.#clicked(/** @type {MouseEvent} */ (event)));
    list.addEventListener("focusin", (event) => {
      const row = this.#rowOf(/** @type {Element} */ (event.target));
      if (row) this.stand(row.alert.id);
    });
    /** whose newest reading no history tells, for it came in buckets @type {Set<number>} */ this.untold = new Set();
    this.tell = atRest(inTurn(() => this.#readNewest()), SETTLE, AT_MOST);
    connection.on("snapshot", ({ id, series, to }) => {
      if (id !== SUBSCRIPTION) return;
      for (const history of series) {
        for (const row of this.#of(history.id)) row.load(history, to);
        if (history.reduced) this.untold.add(history.id);
      }
      if (this.untold.size) this.tell();
    });
    connection.on("readings", ({ d }) => {
      for (const [id, points] of Object.entries(d)) for (const row of this.#of(Number(id))) row.add(points);
    });
  }

  #of(/** @type {number} */ series) {
    return [...this.rows.values()].filter((row) => row.alert.series === series);
  }

  async #readNewest() {
    const ids = [...this.untold];
    this.untold.clear();
    if (!ids.length) return;
    try {
      const { series } = await get(`/api/v1/readings/latest/?series=${ids.join()}`);
      for (const { id, latest } of series) for (const row of this.#of(id)) row.stored(latest);
    } catch {
      // The value at which it fired stands there until one comes.
    }
  }

  #rowOf(/** @type {Element} */ element) {
    const id = /** @type {HTMLElement|null} */ (element.closest("[data-id]"))?.dataset.id;
    return id === undefined ? undefined : this.rows.get(Number(id));
  }

  #clicked(/** @type {MouseEvent} */ event) {
    const row = this.#rowOf(/** @type {Element} */ (event.target));
    if (!row) return;
    if (event.target === row.box) this.choose([row.alert.id], row.box.checked);
    else {
      this.stand(row.alert.id);
      this.told.open(row);
    }
  }

  /** These and no others, in this order. @param {Alert[]} alerts */
  show(alerts) {
    const before = this.ids;
    const kept = new Set(alerts.map(({ id }) => id));
    for (const alert of alerts) {
      const row = this.rows.get(alert.id);
      if (row) row.update(alert);
      else this.rows.set(alert.id, new AlertRow(alert));
    }
    for (const id of this.rows.keys()) if (!kept.has(id)) this.rows.delete(id);
    // The keys go on at what follows the row that left.
    if (this.here !== null && !kept.has(this.here)) {
      const next = before.slice(before.indexOf(this.here)).find((id) => kept.has(id)) ?? alerts[alerts.length - 1]?.id ?? null;
      const had = this.list.contains(document.activeElement) || document.activeElement === document.body;
      this.here = next;
      if (next !== null && had) setTimeout(() => this.here === next && this.rows.get(next)?.open.focus());
    }
    showRows(this.list, alerts.map(({ id }) => /** @type {AlertRow} */ (this.rows.get(id)).element));
    const gone = [...this.selected].filter((id) => !kept.has(id));
    if (gone.length) this.choose(gone, false);
    for (const [id, row] of this.rows) row.select(this.selected.has(id));
    this.#mark();
    this.settle();
  }

  /** In the order shown. */
  get ids() {
    return [...this.list.children].map((element) => Number(/** @type {HTMLElement} */ (element).dataset.id));
  }

  #follow() {
    const rows = this.ids.map((id) => this.rows.get(id)).filter((row) => row?.alert.cleared === null);
    const series = [...new Set(rows.map((row) => row?.alert.series).filter((id) => typeof id === "number"))].slice(0, MAX_SERIES);
    const key = [...series].sort().join();
    if (key === this.series) return;
    this.series = key;
    if (series.length) this.connection.subscribe(SUBSCRIPTION, { series, since: "15m", points: 40, every: 1000 });
    else this.connection.unsubscribe(SUBSCRIPTION);
  }

  /** Times and values. @param {number} now @param {number} known */
  second(now, known) {
    for (const row of this.rows.values()) row.show(now, known);
  }

  /** @param {number[]} ids @param {boolean} chosen */
  choose(ids, chosen) {
    for (const id of ids) {
      if (chosen) this.selected.add(id);
      else this.selected.delete(id);
      this.rows.get(id)?.select(chosen);
    }
    this.told.selected(this.selected);
  }

  /** @param {number|null} id */
  stand(id) {
    this.here = id;
    this.#mark();
  }

  #mark() {
    for (const [id, row] of this.rows) row.element.classList.toggle("is-here", id === this.here);
  }

  /** To the next or previous row. @param {1|-1} step @returns {AlertRow|undefined} */
  step(step) {
    const { ids } = this;
    const at = this.here === null ? (step > 0 ? -1 : ids.length) : ids.indexOf(this.here);
    const row = this.rows.get(ids[Math.min(Math.max(at + step, 0), ids.length - 1)]);
    row?.open.focus();
    return row;
  }

  /** What an act is for: the selected ones, otherwise the one the keys stand on. */
  get meant() {
    if (this.selected.size) return [...this.selected];
    return this.here === null ? [] : [this.here];
  }
}
