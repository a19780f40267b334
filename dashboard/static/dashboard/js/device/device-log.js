/** The log of a device on its page, and notes on its charts: those of the device, of its site and of all. */

import { atRest } from "../page/at-rest.js";
import { firstWords } from "../log/markdown.js";
import { heard } from "../log/desk.js";
import { isSaid } from "../log/stream.js";
import { LogPanel } from "../log/log-panel.js";
import { marks } from "../time/marks.js";
import { keepRead } from "../live/live.js";
import { get } from "../page/rest.js";
import { offerMark } from "../charts/mark-here.js";
import { openThread } from "../log/thread-drawer.js";
import { page, viewHere, write } from "../log/write.js";
import { reading } from "../log/reading.js";
import { t, worded } from "../page/language.js";
import { windowQuery } from "../time/timespan.js";

const MOST = 500; // notes of one read
const SETTLE = 300; // ms after the last pan or zoom before those of the window are read
const AT_MOST = 3_000; // ms until they are, although it never stands still
const LEAD = 120; // characters of a mark
// Alerts and presence have marks of their own.
const TOLD_ELSEWHERE = new Set(["offline", "silent", "back", "alert_fired", "alert_acknowledged", "alert_cleared"]);

/** @typedef {import("../log/stream.js").Entry} Entry */

/** @param {any} device the page's facts @param {import("../time/time-line.js").TimeLine} timeLine */
export function showLog(device, timeLine) {
  const area = document.getElementById("device-log");
  if (!area) return;
  page.device = device;
  page.bounds = () => timeLine.bounds();
  new LogPanel(area, {
    place: { device: device.uid }, label: t("Write about {name}", { name: device.name }), view: viewHere, nothing: t("Nothing was said about this device yet."),
    open: (id, answer) => openThread(id, answer), read: (newest) => reading.mark(newest, { device: device.uid }),
  });
  offerMark(t("Write a note"), ({ from, until }) => write({ starts: from, ends: until }));
  new Notes(device, timeLine).start();
}

/** Notes with a time, as marks of the page's time line. */
class Notes {
  /** @param {any} device @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(device, timeLine) {
    this.device = device;
    this.timeLine = timeLine;
    /** @type {Map<number, Entry>} */ this.entries = new Map();
    this.turn = 0;
  }

  start() {
    heard.addEventListener("entry", (event) => {
      const entry = /** @type {CustomEvent} */ (event).detail;
      if (entry === null) this.read();
      else this.#take([entry]);
    });
    this.timeLine.addEventListener("span", atRest(() => this.read(), SETTLE, AT_MOST));
    keepRead([], () => this.read());
  }

  async read() {
    const turn = ++this.turn;
    try {
      const answer = await get(`/api/v1/log/?marks=1&device=${encodeURIComponent(this.device.uid)}&${windowQuery(this.timeLine.asked)}&limit=${MOST}`);
      if (turn === this.turn) this.#take(answer.entries);
    } catch {
      // The charts stand without notes; after the next socket, or with the next window, they are asked for again.
    }
  }

  #take(/** @type {Entry[]} */ entries) {
    for (const entry of entries) {
      const held = this.entries.get(entry.id);
      if (this.#concerns(entry) && !(held && held.version > entry.version)) this.entries.set(entry.id, entry);
    }
    marks.put("log", [...this.entries.values()].filter(({ deleted }) => !deleted).map((entry) => ({
      at: entry.starts ?? entry.at, until: entry.ends, kind: isSaid(entry) ? "note" : "entry", tone: isSaid(entry) ? "note" : "quiet", series: null,
      text: [entry.author && isSaid(entry) ? entry.author.name : "", firstWords(worded(entry.said, entry.text), LEAD)].filter(Boolean).join(": "), open: () => openThread(entry.thread ?? entry.id),
    })));
  }

  /** Notes on the device, its site or all; and what the system noted of the device that nothing else marks. */
  #concerns(/** @type {Entry} */ entry) {
    const own = entry.device?.uid === this.device.uid;
    if (!isSaid(entry)) return own && !TOLD_ELSEWHERE.has(entry.kind);
    if (entry.starts === null) return false;
    return own || (entry.device === null && (entry.site === null || entry.site.slug === this.device.site?.slug));
  }
}
