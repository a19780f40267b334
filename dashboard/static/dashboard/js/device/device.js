/** The device page: one chart a metric on one time line, live. */

import { byId, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { ChartCards } from "../charts/chart-cards.js";
import { wirePaper } from "./paper.js";
import { ChartTooltip } from "../charts/chart-tooltip.js";
import { keptLayout } from "./kept-layout.js";
import { connection, isUnknown, judgedAt, keepRead, knownUntil } from "../live/live.js";
import { Latest } from "../live/latest.js";
import { inOrder } from "../fleet/card.js";
import { DeviceAlerts } from "./device-alerts.js";
import { DevicePast } from "./device-past.js";
import { showControl } from "../frame/connection-control.js";
import { DeviceSide } from "./device-side.js";
import { stopAsking } from "../page/gone.js";
import { devicePath, get } from "../page/rest.js";
import { facts, renew } from "./device-facts.js";
import { inTurn } from "../page/in-turn.js";
import { followMessages } from "./device-messages.js";
import { offerCorrections } from "./corrections.js";
import { showLog } from "./device-log.js";
import { isAhead } from "../presence/presence.js";
import { serverNow } from "../time/clock.js";
import { applyZone } from "../time/zone-choice.js";
import { TimeControl } from "../time/time-control.js";
import { TimeHistory } from "../time/time-history.js";
import { TimeLine } from "../time/time-line.js";
import { tellGone, wireEditing } from "../work/device-page.js";
import { wireTimePage } from "../time/time-page.js";
import { t } from "../page/language.js";

const REFRESH = 30_000; // ms between two reads of presence: readings carry no receive time
const SOON = 1_000; // ms: many events are one read
const AGAIN_AFTER = 5_000; // ms between two tries to read what was not heard

const device = facts();
applyZone(device.zone);
const steps = new TimeHistory();
const address = { search: () => location.search, show: (/** @type {string} */ query) => history.replaceState(history.state, "", query) };
const timeLine = new TimeLine(device.series.map((/** @type {any} */ s) => s.id), {
  connection, knownUntil, now: serverNow, get, search: () => location.search,
  show: (query) => steps.show(query), hidden: () => document.hidden,
});
/** @type {ChartCards} */ const charts = new ChartCards(device, timeLine, address, () => side.hearing.heard, { kept: keptLayout(device) });
const alerts = new DeviceAlerts(device, timeLine, charts.alerts);
const side = new DeviceSide(device, { isUnknown, judgedAt, alert: () => alerts.worst });
const latest = new Latest();
const past = new DevicePast(device, timeLine);
const control = new TimeControl(byId("time-control"), timeLine, { site: device.zone, zoned: () => document.dispatchEvent(new Event("appearance")) });
const tooltip = new ChartTooltip(timeLine, charts);
charts.scheduler.add({ element: document.body, draw: () => tooltip.draw() });

let isReading = false;
/** @type {any} */ let again = 0;

function stored(/** @type {number} */ id, /** @type {[number, number|string]|null|undefined} */ point) {
  if (latest.stored(id, point)) charts.setLatest(id, latest.get(id));
}

/** Live readings of a series, in any order. */
function live(/** @type {number} */ id, /** @type {[number, number|string][]} */ points) {
  for (const point of points) {
    if (!isAhead(point[0], side.hearing.lead, serverNow()) && latest.live(id, point)) charts.setLatest(id, latest.get(id));
    side.hearing.reading(point[0], serverNow());
  }
}

/** Draw what is given and nothing else, and follow it. */
function showSeries(/** @type {any[]} */ given) {
  const series = inOrder(given);
  device.series = series;
  byId("no-series").hidden = series.length > 0;
  charts.list(series);
  side.list(series);
  for (const s of series) stored(s.id, latest.get(s.id) ?? s.latest);
  const ids = series.map((s) => s.id);
  if (ids.length !== timeLine.series.length || ids.some((id) => !timeLine.series.includes(id))) timeLine.follow(ids);
}

function showSpan() {
  showControl();
  charts.reset();
  charts.tick(side.troubled);
  showRange();
}

function showRange() {
  control.show();
  past.tick();
  byId("progress").hidden = !timeLine.loading;
}

function wire() {
  wireTimePage(timeLine);
  document.addEventListener("appearance", () => charts.restyle());
  timeLine.addEventListener("span", showSpan);
  timeLine.addEventListener("loaded", () => {
    endTrouble(byId("trouble"));
    charts.reset();
    for (const { id } of device.series) {
      const newest = timeLine.points(id).newest((at) => isAhead(at, side.hearing.lead, serverNow()));
      if (timeLine.live && newest) stored(id, newest);
    }
    second();
  });
  timeLine.addEventListener("failed", (event) =>
    showTrouble(byId("trouble"), t("The history could not be loaded. {detail}", { detail: /** @type {CustomEvent} */ (event).detail }), () => timeLine.retry()));
  timeLine.addEventListener("readings", (event) => {
    for (const [id, points] of Object.entries(/** @type {CustomEvent} */ (event).detail)) live(Number(id), points);
  });
}

function wireEvents() {
  connection.on("presence", (message) => {
    if (message.uid !== device.uid) return;
    Object.assign(device.presence, { connection: message.connection, since: message.since });
    overtaken();
    second();
  });
  connection.on("series", (message) => {
    if (message.uid !== device.uid || device.removed) return;
    const known = new Map(device.series.map((/** @type {any} */ s) => [s.id, s]));
    for (const s of message.series) known.set(s.id, { ...known.get(s.id), ...s });
    for (const id of message.deleted ?? []) known.delete(id);
    overtaken();
    showSeries([...known.values()]);
  });
  connection.on("device", (message) => {
    if (message.device.uid !== device.uid) return;
    if (message.change === "deleted") return gone(Boolean(message.device.kept));
    if (device.removed) return location.reload(); // it is back
    toast(t("{name} was changed.", { name: message.device.name }));
    describe();
  });
  connection.follow([device.id]);
  connection.on("beat", ({ heard }) => {
    side.beat(heard);
    second();
  });
  keepRead([], () => {
    if (device.removed) return;
    latest.doubt(timeLine.series);
    readLatest();
    describeIfChanged(); // since the page was written, or while nothing was heard
  });
  connection.on("refill", ({ series }) => {
    const mine = series === null || device.series.some((/** @type {any} */ s) => series.includes(s.id));
    if (device.removed || !mine) return;
    latest.doubt(series ?? timeLine.series);
    describe();
    if (series !== null) readLatest(); // or it is read with all that was missed
  });
}

/** It is here no more: deleted, or out of the viewer's sight. @param {boolean} kept it can be had back */
function gone(kept) {
  stopAsking("device", device.uid);
  device.removed = true;
  device.kept = kept;
  device.series = [];
  charts.list([]);
  side.list([]);
  timeLine.follow([]);
  tellGone(byId("trouble"), device.uid, kept);
  for (const part of document.querySelectorAll("#no-series, [data-edit]")) part.setAttribute("hidden", "");
  second();
}

/** Show the device as it is described now: name, facts, thresholds. */
const describe = inTurn(async () => {
  try {
    const { series, presence, ...described } = await renew();
    Object.assign(device, described);
  } catch (error) {
    showTrouble(byId("trouble"), t("What is known of the device could not be loaded. {message}", { message: /** @type {Error} */ (error).message }), describe);
    return;
  }
  setText(byId("name"), device.name);
  side.described();
  charts.reset();
  second();
});

/** Has it described anew if that is not how it is any more. */
async function describeIfChanged() {
  try {
    const { updated_at: changed } = await get(`${devicePath(device.uid)}/`);
    if (Date.parse(changed) !== device.changed) await describe();
  } catch {
    // The latest values are asked for as well, and say what is wrong.
  }
}

const readLatest = inTurn(async () => {
  const { news } = connection;
  const asked = news.asked;
  isReading = true;
  try {
    const answer = await get(`${devicePath(device.uid)}/latest/`);
    side.told(answer.presence, answer.series);
    showSeries(answer.series);
    for (const s of answer.series) stored(s.id, s.latest);
    news.release(asked);
    second();
  } catch (error) {
    if (/** @type {import("../page/rest.js").RestError} */ (error).status === 404) return gone(false);
    showTrouble(byId("trouble"), t("The latest values could not be loaded. {message}", { message: /** @type {Error} */ (error).message }), readLatest);
    if (news.holds && !device.removed) setTimeout(readLatest, AGAIN_AFTER);
  } finally {
    isReading = false;
  }
});

/** An event came: the answer that is on its way may be older. */
function overtaken() {
  if (!isReading || again) return;
  again = setTimeout(() => {
    again = 0;
    if (!device.removed) readLatest();
  }, SOON);
}

function second() {
  timeLine.tick();
  side.tick(latest);
  alerts.show();
  charts.tick(side.troubled);
  showRange();
}

/** What the browser tests look at; reading it changes nothing. */
window.pulseboard = Object.freeze({
  get charts() { return charts.drawn(); },
  get loading() { return timeLine.loading; },
  get state() { return connection.state; },
});

wire();
wireEvents();
showSeries(device.series);
showSpan();
second();
setInterval(second, 1000);
setInterval(() => !document.hidden && !device.removed && readLatest(), REFRESH);
wirePaper(timeLine, charts);
wireEditing(device, charts);
timeLine.start();
steps.follow(timeLine);
past.start();
alerts.start();
followMessages(device);
showLog(device, timeLine);
offerCorrections(device);
