/** The device page: one chart a metric on one time line, live. */

import { byId, el, setText, showTrouble, toast } from "./element.js";
import { ChartCard } from "./chart-card.js";
import { ChartTooltip } from "./chart-tooltip.js";
import { connection } from "./live.js";
import { inOrder } from "./fleet-order.js";
import { DeviceSide } from "./device-side.js";
import { devicePath, get } from "./rest.js";
import { duration, offset, when } from "./format.js";
import { followMessages } from "./device-messages.js";
import { PRESETS } from "./timespan.js";
import { Scheduler } from "./scheduler.js";
import { serverNow } from "./clock.js";
import { TimeLine } from "./time-line.js";
import { typing } from "./frame.js";

const PALETTE = 8; // distinguishable colours; further series share them on charts of their own
const REFRESH = 30_000; // ms between two reads of presence: readings carry no receive time
const PAN = 0.2; // share of the window an arrow key moves

const device = JSON.parse(byId("device-facts").textContent);
const timeLine = new TimeLine(device.series.map((/** @type {any} */ s) => s.id));
const scheduler = new Scheduler();
const side = new DeviceSide(device);
/** @type {Map<number, ChartCard>} */ const cards = new Map();
/** @type {Map<number, [number, number|string]>} */ const latest = new Map();
const tooltip = new ChartTooltip(timeLine, () => [...cards.values()]);

function take(/** @type {number} */ id, /** @type {[number, number|string]|null|undefined} */ point) {
  const held = latest.get(id);
  if (!point || (held && held[0] > point[0])) return;
  latest.set(id, [point[0], point[1]]);
  cards.get(id)?.setLatest([point[0], point[1]]);
}

function live(/** @type {number} */ id, /** @type {[number, number|string]|undefined} */ point) {
  take(id, point);
  if (point) side.hearing.reading(point[0], serverNow());
}

function showSeries(/** @type {any[]} */ given) {
  const series = inOrder(given);
  device.series = series;
  byId("no-series").hidden = series.length > 0;
  series.forEach((s, index) => {
    if (cards.has(s.id)) return;
    const card = new ChartCard(s, { device, timeLine, colourName: `--series-${(index % PALETTE) + 1}` });
    cards.set(s.id, card);
    byId("charts").append(card.element);
    scheduler.add({ element: card.canvas, draw: () => card.chart.draw() });
  });
  side.list(series);
  for (const s of series) take(s.id, latest.get(s.id) ?? s.latest);
}

function showSpan() {
  const { span } = timeLine;
  for (const bar of [byId("presets"), byId("presets-narrow")]) {
    for (const button of bar.children) button.setAttribute("aria-pressed", String(span.mode === "live" && button.dataset.name === span.preset));
  }
  const live = span.mode === "live";
  const button = byId("live");
  button.setAttribute("aria-pressed", String(live));
  setText(button.querySelector(".word"), live ? "Live" : span.paused ? "Paused" : "Go live");
  button.querySelector("use").setAttribute("href", live ? "#i-pause" : "#i-play");
  button.title = live ? "Pause (p)" : "Back to live (l)";
  for (const card of cards.values()) card.chart.reset();
  showRange();
}

function showRange() {
  const { from, to } = timeLine.bounds();
  const now = serverNow();
  const live = timeLine.live;
  setText(byId("range-text"), live ? `Last ${duration(to - from)}` : `${when(from, now)} – ${when(to, now)} ${offset(to)} · ${duration(to - from)}`);
  byId("progress").hidden = !timeLine.loading;
}

/** @type {Record<string, () => void>} */
const KEYS = {
  p: () => timeLine.togglePause(), " ": () => timeLine.togglePause(),
  l: () => timeLine.backToLive(), Escape: () => timeLine.backToLive(),
  ArrowLeft: () => timeLine.pan(-PAN), ArrowRight: () => timeLine.pan(PAN),
  "+": () => timeLine.zoom(0.5), "=": () => timeLine.zoom(0.5), "-": () => timeLine.zoom(2),
};

function wire() {
  for (const bar of [byId("presets"), byId("presets-narrow")]) {
    bar.append(...PRESETS.map(({ name, label }, i) => el("button", {
      text: label, data: { name }, attrs: { title: `Key ${i + 1}` }, on: { click: () => timeLine.preset(name) },
    })));
  }
  byId("live").addEventListener("click", () => timeLine.togglePause());
  document.addEventListener("keydown", (event) => {
    const onControl = ["BUTTON", "A", "SUMMARY"].includes(/** @type {HTMLElement} */ (event.target).tagName);
    if (typing(event) || (event.key === " " && onControl)) return;
    const act = KEYS[event.key] ?? (PRESETS[Number(event.key) - 1] && (() => timeLine.preset(PRESETS[Number(event.key) - 1].name)));
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("appearance", () => cards.forEach((card) => card.chart.restyle()));
  timeLine.addEventListener("span", showSpan);
  timeLine.addEventListener("loaded", () => {
    byId("trouble").hidden = true;
    for (const [id, card] of cards) {
      card.chart.reset();
      const last = timeLine.live ? timeLine.points(id).last : null;
      if (last && last[5] === null) take(id, [last[0], last[1]]);
    }
    second();
  });
  timeLine.addEventListener("failed", (event) =>
    showTrouble(byId("trouble"), `The history could not be loaded. ${/** @type {CustomEvent} */ (event).detail}`, () => timeLine.retry()));
  timeLine.addEventListener("readings", (event) => {
    for (const [id, points] of Object.entries(/** @type {CustomEvent} */ (event).detail)) live(Number(id), points[points.length - 1]);
  });
}

function wireEvents() {
  connection.on("presence", (message) => {
    if (message.uid !== device.uid) return;
    Object.assign(device.presence, { connection: message.connection, since: message.since });
    second();
  });
  connection.on("series", (message) => {
    if (message.uid !== device.uid) return;
    const known = new Set(device.series.map((/** @type {any} */ s) => s.id));
    showSeries([...device.series, ...message.series.filter((/** @type {any} */ s) => !known.has(s.id))]);
    timeLine.follow(device.series.map((/** @type {any} */ s) => s.id));
  });
  connection.on("device", (message) => {
    if (message.device.uid !== device.uid) return;
    if (message.change === "deleted") {
      showTrouble(byId("trouble"), "This device was removed. What is shown is no longer kept.", () => location.assign("/"));
      return;
    }
    const { series, presence, ...facts } = message.device;
    Object.assign(device, facts);
    setText(byId("name"), device.name);
    toast(`${device.name} was changed.`);
  });
}

async function readLatest() {
  try {
    const answer = await get(`${devicePath(device.uid)}/latest/`);
    side.told(answer.presence, answer.series);
    showSeries(answer.series);
    for (const s of answer.series) take(s.id, s.latest);
    if (answer.series.some((/** @type {any} */ s) => !timeLine.series.includes(s.id))) timeLine.follow(answer.series.map((/** @type {any} */ s) => s.id));
    second();
  } catch (error) {
    showTrouble(byId("trouble"), `The latest values could not be loaded. ${/** @type {Error} */ (error).message}`, readLatest);
  }
}

function second() {
  side.tick(latest);
  for (const [id, card] of cards) {
    card.tick();
    card.setTrouble(side.troubled.get(id), serverNow());
  }
  showRange();
}

/** What the browser tests look at; reading it changes nothing. */
window.pulseboard = Object.freeze({
  get charts() {
    return [...cards.values()].map((card) => ({ id: card.series.id, metric: card.series.metric, points: card.chart.shown().map((row) => [row[0], row[1]]) }));
  },
  get state() { return connection.state; },
});

wire();
wireEvents();
showSeries(device.series);
showSpan();
second();
setInterval(second, 1000);
setInterval(() => !document.hidden && readLatest(), REFRESH);
let cursor = /** @type {number|null} */ (null);
document.addEventListener("pointermove", () => requestAnimationFrame(() => {
  tooltip.draw();
  if (cursor !== timeLine.cursor) cards.forEach((card) => card.tick());
  cursor = timeLine.cursor;
}), { passive: true });
timeLine.start();
readLatest();
followMessages(device.uid);
