/** The pipeline page: is everything that came in kept, how fast, and what was not? */

import { byId, el, endTrouble, icon, setMark, setText, setValue, showTrouble } from "../page/element.js";
import { connection, heardAt, isUnknown, keepRead } from "../live/live.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";
import { duration, number, size } from "../page/format.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { Jobs, asJob, idle, nameOf } from "./jobs.js";
import { Keeping } from "./keeping.js";
import { PipelinePast } from "./past.js";
import { alarms, balance, clockOff, gone, summed } from "./rates.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";
import { showChips } from "../page/chips.js";
import { words } from "../quarantine/advice.js";
import { verdict } from "./verdict.js";
import { Worker } from "./pipeline-worker.js";
import { t } from "../page/language.js";

const WINDOW = 10 * 60_000; // ms of the small charts
const REFRESH = 5_000; // ms between two reads of what events do not carry
const SHORTEST = 60_000; // ms: of a page just opened, growing to the whole window
const ENOUGH = 5; // samples, fewer are no line
const GAP = 4_000; // ms without counters: the line breaks

/** @type {Map<string, Worker>} */ const workers = new Map();
const jobs = new Jobs();
/** @type {[number, number][]} */ const lags = [];
const keeping = new Keeping();
const past = new PipelinePast(() => second());
let stored = 0;
let answered = false;
/** jobs that fail, by name @type {string[]} */ let failing = [];
let idleFor = 0;

/** A number of the page, which is there before the first answer, so that nothing moves when it comes. @param {string} id */
function tile(id) {
  const card = byId(id);
  const chart = sparkline();
  if (card.classList.contains("is-charted")) card.append(chart);
  card.querySelector(".value").replaceChildren();
  return { card, value: card.querySelector(".value"), note: card.querySelector(".note"), chart };
}

const tiles = {
  messages: tile("messages"), readings: tile("readings"), lag: tile("lag"), flight: tile("flight"), spool: tile("spool"), total: tile("total"),
};

function worker(/** @type {string} */ name) {
  let found = workers.get(name);
  if (!found) {
    found = new Worker(name);
    workers.set(name, found);
    byId("workers").querySelector(".empty")?.remove();
    byId("workers").append(found.element);
  }
  return found;
}

const read = inTurn(async () => {
  try {
    const answer = await get("/api/v1/pipeline/");
    for (const w of answer.workers) {
      if (gone(w.name, w.updated_at, answer.now)) continue;
      const held = worker(w.name);
      held.startedAt = w.started_at;
      held.take(w.counters, w.updated_at);
    }
    stored = answer.stored_total;
    if (!workers.size) {
      byId("workers").replaceChildren(el("div", { class: "empty card" }, el("h2", { text: t("No bridge has run yet") }),
        el("p", { text: t("Start one with manage.py runbridge, or everything at once with make run. It appears here within a second.") })));
    }
    showQuarantine(answer.quarantine);
    showClock(clockOff(t("the host of the web process"), answer.clock_ahead_ms));
    const work = [...answer.jobs, ...answer.followers.map(asJob)];
    jobs.show(work, answer.backlog, answer.now);
    idleFor = idle(answer.jobs, answer.backlog, answer.now);
    failing = work.filter((job) => job.failing).map(nameOf);
    answered = true;
    endTrouble(byId("trouble"));
    byId("answered").hidden = false;
    second();
  } catch (error) {
    showTrouble(byId("trouble"), t("The pipeline could not be read. {message}", { message: /** @type {Error} */ (error).message }), read);
  } finally {
    byId("progress").hidden = true;
  }
});

/** How much is kept for which reason; its own page has the rest. @param {{total: number, last_hour: number, reasons: Record<string, number>}} counts */
function showQuarantine({ total, last_hour: lastHour, reasons }) {
  setText(byId("quarantine-count"), total ? t("{total} kept, {lastHour} in the last hour", { total: number(total, 0), lastHour: number(lastHour, 0) }) : t("nothing"));
  showChips(byId("reasons"), Object.entries(reasons), { word: words, href: (reason) => `/quarantine/?reason=${encodeURIComponent(reason)}` });
}

/** Touched only when it changes: it is read aloud once. @param {string} text */
function showClock(text) {
  const list = byId("clock");
  if (list.textContent === text) return;
  list.hidden = !text;
  list.replaceChildren(...(text ? [el("li", {}, icon("i-warn"), el("span", { text }))] : []));
}

function spark(/** @type {SVGElement} */ chart, /** @type {[number, number][]} */ samples, /** @type {number} */ now) {
  const rows = /** @type {import("../charts/points.js").Row[]} */ (samples.map(([at, value]) => [at, value, null, null, null, null]));
  drawSparkline(chart, { rows: rows.length < ENOUGH ? [] : rows, from: now - reach(samples, now), to: now, gapAfter: GAP, zero: true });
}

/** How far back the small charts look: as far as this page has watched. */
function reach(/** @type {[number, number][]} */ samples, /** @type {number} */ now) {
  return Math.min(WINDOW, Math.max(SHORTEST, now - (samples[0]?.[0] ?? now)));
}

function second() {
  const now = serverNow();
  for (const w of workers.values()) {
    if (!gone(w.name, w.at, now)) continue;
    w.element.remove();
    workers.delete(w.name);
  }
  const all = [...workers.values()];
  // What is not heard because this page hears nothing is not away.
  const heard = heardAt();
  const alive = all.filter((w) => w.alive(heard));
  const sum = (/** @type {(w: Worker) => number|null} */ f) => (alive.length ? alive.reduce((total, w) => total + (f(w) ?? 0), 0) : null);
  const rate = (/** @type {"messages"|"readings"} */ key) => {
    const known = alive.some((w) => w[key].samples.length);
    const perSecond = known ? sum((w) => w[key].current()) : null;
    setValue(tiles[key].value, number(perSecond, perSecond !== null && perSecond < 10 ? 1 : 0), "/s");
    const samples = summed(all.map((w) => w[key]));
    spark(tiles[key].chart, samples, now);
    setText(tiles[key].note, t("last {duration}", { duration: duration(Math.ceil(reach(samples, now) / 60_000) * 60_000) }));
  };
  rate("messages");
  rate("readings");
  const lag = alive.length ? Math.max(...alive.map((w) => w.counters.lag_ms ?? 0)) : null;
  if (lag !== null && lags[lags.length - 1]?.[0] !== now) lags.push([now, lag]);
  if (lags.length > WINDOW / 1000) lags.shift();
  const [text, unit] = lag === null ? ["–", ""] : duration(lag).split("\u2009");
  setValue(tiles.lag.value, text, unit);
  setText(tiles.lag.note, t("oldest unacknowledged"));
  tiles.lag.card.classList.toggle("is-bad", lag !== null && lag > past.normalLag);
  spark(tiles.lag.chart, lags, now);
  setValue(tiles.flight.value, number(sum((w) => w.counters.in_flight ?? 0), 0), "");
  setText(tiles.flight.note, t("not committed yet"));
  const spooled = sum((w) => w.counters.spooled ?? 0);
  const full = alive.some((w) => w.counters.spool_full);
  setValue(tiles.spool.value, number(spooled, 0), "");
  setText(tiles.spool.note, full ? t("FULL: nothing is acknowledged") : spooled ? t("{size} on disk", { size: size(sum((w) => w.counters.spool_bytes ?? 0) ?? 0) }) : t("empty"));
  tiles.spool.card.classList.toggle("is-bad", Boolean(spooled) || full);
  setValue(tiles.total.value, number(stored, 0), "");
  setText(tiles.total.note, alive.length < all.length ? t("{away} of {all} workers not seen", { away: all.length - alive.length, all: all.length }) : t("estimated"));
  showVerdict(all, alive, spooled ?? 0, lag ?? 0);
  for (const w of all) w.draw(now, heard, connection.news.told?.what === "database");
  const away = all.length - alive.length;
  const sick = alive.filter((w) => alarms(w.counters).length).length;
  setTab(away + sick ? t("{n} in trouble · Pipeline", { n: away + sick }) : t("Pipeline"), away + sick);
}

function showVerdict(/** @type {Worker[]} */ all, /** @type {Worker[]} */ alive, /** @type {number} */ spooled, /** @type {number} */ lag) {
  if (!answered) return;
  const rates = alive.map((w) => w.messages.current()).filter((each) => each !== null);
  const hung = connection.news.told?.what === "database";
  const { state, text } = verdict({
    unknown: connection.trouble()?.what === "connection" && isUnknown(), workers: all.length, alive: alive.length,
    full: alive.filter((w) => w.counters.spool_full).map((w) => w.name), databaseAway: hung || alive.some((w) => w.counters.database_up === 0),
    brokerAway: alive.some((w) => w.counters.connected === 0), spooled, missing: alive.reduce((sum, w) => sum + balance(w.counters), 0),
    lag, normalLag: past.normalLag, perSecond: rates.length ? rates.reduce((sum, each) => sum + each, 0) : null, usual: past.usual, idle: idleFor, failing,
  }, past.sum);
  setMark(byId("verdict"), state, text);
}

keepRead(["retention"], () => keeping.read());
connection.on("pipeline", (message) => worker(message.worker).take(message.counters, message.at));
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(second, 1000);
setInterval(() => !document.hidden && read(), REFRESH);
past.start();
read();
