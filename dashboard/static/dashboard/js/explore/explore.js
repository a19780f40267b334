/** The explore page: series of any devices on common charts, found, compared and summed up; its address holds the whole view. */

import { atRest } from "../page/at-rest.js";
import { byId, el, endTrouble, setText, showTrouble } from "../page/element.js";
import { Chosen } from "./chosen.js";
import { ChartCards } from "../charts/chart-cards.js";
import { ChartTooltip } from "../charts/chart-tooltip.js";
import { ChoiceDialog } from "../charts/choice-dialog.js";
import { chooseMetric } from "./devices.js";
import { connection, keepRead, knownUntil } from "../live/live.js";
import { ExploreAlerts } from "./explore-alerts.js";
import { ExploreLine } from "./explore-line.js";
import { explorePanels } from "./panels.js";
import { Figures } from "./figures.js";
import { Finder } from "./finder.js";
import { get } from "../page/rest.js";
import { ImportDialog } from "./import-dialog.js";
import { isAhead } from "../presence/presence.js";
import { isState, toggled } from "../charts/layout.js";
import { keepView } from "./last-view.js";
import { Latest } from "../live/latest.js";
import { NAMES } from "./aggregates.js";
import { MOST, readView, withView } from "./view-text.js";
import { showControl } from "../frame/connection-control.js";
import { SecondLook } from "./second-look.js";
import { serverNow } from "../time/clock.js";
import { Shown } from "./shown.js";
import { showStarts } from "./starts.js";
import { TimeControl } from "../time/time-control.js";
import { TimeHistory } from "../time/time-history.js";
import { tn } from "../page/language.js";
import { applyZone } from "../time/zone-choice.js";
import { typing } from "../frame/frame.js";
import { wireExport } from "./export.js";
import { wireTimePage } from "../time/time-page.js";
import { wirePaper } from "../device/paper.js";

const SETTLE = 300; // ms after a change of devices before names are asked for again
const AT_MOST = 3_000; // ms until they are, although devices never stop to change

applyZone();
const steps = new TimeHistory();
const address = { search: () => location.search, show: (/** @type {string} */ query) => {
  history.replaceState(history.state, "", query);
  keepView(query);
} };
const timeLine = new ExploreLine({
  connection, knownUntil, now: serverNow, get, search: () => location.search, hidden: () => document.hidden,
  show: (query) => {
    steps.show(query);
    keepView(location.search);
  },
});
const page = { uid: "explore", name: document.title.split(" · ")[0], expected_interval: 60, thresholds: {} };
const choice = new ChoiceDialog();
const shown = new Shown(readView(location.search), choice);
/** @type {ChartCards} */ const charts = new ChartCards(page, timeLine, address, () => null, {
  part: () => setApart(true), panels: (series, layout) => explorePanels(series, layout, shown.view.isApart),
});
const alerts = new ExploreAlerts(timeLine, charts.alerts, () => shown.series);
const tooltip = new ChartTooltip(timeLine, charts);
charts.scheduler.add({ element: document.body, draw: () => tooltip.draw() });
const control = new TimeControl(byId("time-control"), timeLine, { site: "", zoned: () => document.dispatchEvent(new Event("appearance")) });
const figures = new Figures(timeLine);
const look = new SecondLook(timeLine, { changed: (part) => change(part) });
const chosen = new Chosen({ toggle, remove });
const finder = new Finder({ add, remove, has: (name) => shown.has(name) });
const latest = new Latest();
let hasStarts = false; // whether it was asked what to begin with: only an empty page shows it
/** @type {typeof timeLine.selection} that the figures are of */ let selection = null;

function add(/** @type {import("./finder.js").Found[]} */ found) {
  shown.add(found, () => change({}));
}

function remove(/** @type {string} */ name) {
  shown.remove(name);
  change({});
}

/** Show it, or hide it for a while. */
function toggle(/** @type {string} */ name) {
  charts.arrange({ ...charts.layout, hidden: toggled(charts.layout.hidden, name) });
  second();
}

/** Part of the view is another now. */
function change(/** @type {Partial<import("./view-text.js").View>} */ part) {
  Object.assign(shown.view, part);
  address.show(withView(location.search, shown.view));
  show();
  finder.show();
}

function setApart(/** @type {boolean} */ isApart) {
  change({ isApart: isApart || shown.view.names.length > MOST });
}

/** Draw what the view says. */
function show() {
  const { view, series } = shown;
  byId("explore-empty").hidden = view.names.length > 0;
  if (!view.names.length && !hasStarts) {
    hasStarts = true;
    showStarts({ add, select: (from, to) => timeLine.select(from, to) });
  }
  byId("explore-work").hidden = series.length === 0;
  byId("explore-page").classList.toggle("has-series", view.names.length > 0);
  byId("charts").classList.toggle("is-apart", view.isApart);
  byId("together").setAttribute("aria-pressed", String(!view.isApart));
  byId("together").disabled = view.names.length > MOST;
  byId("apart").setAttribute("aria-pressed", String(view.isApart));
  byId("shift").value = view.shift;
  byId("look").value = view.look;
  byId("interval").value = view.interval;
  byId("agg").value = view.agg;
  byId("agg-field").hidden = !view.interval;
  setText(byId("explore-title"), view.names.length ? tn("{n} series", "{n} series", view.names.length) : "");
  charts.list(shown.drawn);
  const ids = series.map(({ id }) => id);
  if (ids.length !== timeLine.series.length || ids.some((id) => !timeLine.series.includes(id))) timeLine.follow(ids);
  alerts.look();
  timeLine.besides(view, series.filter((one) => !isState(one)).map(({ id }) => id));
  for (const id of ids) charts.setLatest(id, latest.get(id));
  second();
}

/** @param {number} id of a series */
const isHidden = (id) => charts.series.some((one) => one.id === id && charts.layout.hidden.includes(one.metric));

/** Whether a reading is ahead even of its device's clock, and so no headline. @param {number} id of its series @param {number} at */
const ahead = (id, at) => isAhead(at, charts.series.find((one) => one.id === id)?.of.lead ?? 0, serverNow());

/** What is written besides the charts. */
function second() {
  ({ selection } = timeLine);
  const numbers = charts.series.filter((one) => !isState(one) && !charts.layout.hidden.includes(one.metric) && !(one.shifted && isHidden(one.shifted)));
  const byName = new Map(charts.series.map((one) => [one.metric, one]));
  chosen.show(shown.view.names.map((name) => {
    const one = byName.get(name);
    return { name, label: one?.label ?? name, colourName: one?.colourName ?? "", isHidden: charts.layout.hidden.includes(name), trouble: shown.missing.get(name) ?? "" };
  }));
  timeLine.tick();
  charts.tick(new Map());
  figures.show(numbers, shown.view);
  alerts.show();
  look.show(numbers.filter(({ shifted }) => !shifted), shown.view);
  control.show();
  byId("progress").hidden = !timeLine.loading;
}

async function readNames() {
  try {
    await shown.read();
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), /** @type {Error} */ (error).message, readNames);
    return;
  }
  show();
}

const readNamesSoon = atRest(readNames, SETTLE, AT_MOST);

/** What was just imported. @param {string[]} names of series @param {number} from @param {number} to */
function showImported(names, from, to) {
  change({ names: [...new Set([...names.slice(0, MOST), ...shown.view.names])].slice(0, MOST) });
  timeLine.select(from, to + 1);
  readNames();
}

/** Names may stand for something else now, or for nothing. @param {any} message of one device, or of many */
function changed({ uid, device }) {
  const of = uid ?? device?.uid;
  if (of !== undefined && !shown.view.names.some((name) => name.startsWith(`${of}.`))) return;
  readNamesSoon();
}

function wireTime() {
  wireTimePage(timeLine, []); // the digits are keys of series
  const reset = () => {
    charts.reset();
    second();
  };
  timeLine.addEventListener("span", () => {
    showControl();
    reset();
  });
  timeLine.addEventListener("cursor", () => timeLine.selection !== selection && second()); // where the pointer is changes no figures
  timeLine.addEventListener("loaded", () => {
    endTrouble(byId("trouble"));
    for (const id of timeLine.series) {
      const newest = timeLine.points(id).newest((at) => ahead(id, at));
      if (newest && latest.stored(id, newest)) charts.setLatest(id, latest.get(id));
    }
    reset();
  });
  timeLine.addEventListener("beside", reset);
  timeLine.addEventListener("failed", (event) => showTrouble(byId("trouble"), /** @type {CustomEvent} */ (event).detail, () => timeLine.retry()));
  timeLine.addEventListener("readings", (event) => {
    for (const [id, points] of Object.entries(/** @type {CustomEvent} */ (event).detail)) {
      for (const point of points) if (!ahead(Number(id), point[0]) && latest.live(Number(id), point)) charts.setLatest(Number(id), latest.get(Number(id)));
    }
  });
}

function wireControls() {
  byId("agg").append(...Object.entries(NAMES).map(([value, text]) => el("option", { text, attrs: { value } })));
  document.addEventListener("appearance", () => charts.restyle());
  byId("together").addEventListener("click", () => setApart(false));
  byId("apart").addEventListener("click", () => setApart(true));
  byId("shift").addEventListener("change", () => change({ shift: byId("shift").value }));
  for (const name of ["look", "interval", "agg"]) byId(name).addEventListener("change", () => change({ [name]: byId(name).value }));
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    const name = /^[1-8]$/.test(event.key) ? shown.view.names[Number(event.key) - 1] : undefined;
    if (name) toggle(name);
    else if (event.key === "o") setApart(!shown.view.isApart);
    else if (event.key === "i") finder.field.focus();
    else return;
    event.preventDefault();
  });
  addEventListener("popstate", () => {
    shown.view = readView(location.search);
    readNames();
  });
}

function wireEvents() {
  for (const name of ["device", "series", "devices"]) connection.on(name, changed);
  connection.on("import", changed);
  keepRead([], () => shown.view.names.length > 0 && readNamesSoon(), () => shown.view.names.length > 0 && readNames());
  connection.on("refill", ({ series }) => {
    latest.doubt(series ?? timeLine.series);
    timeLine.again();
  });
}

/** What the browser tests look at; reading it changes nothing. */
window.pulseboard = Object.freeze({
  get charts() { return charts.drawn(); },
  get loading() { return timeLine.loading; },
  get state() { return connection.state; },
});

wireTime();
wireControls();
wireEvents();
alerts.start();
wireExport(charts, timeLine, () => shown.drawn);
wirePaper(timeLine, charts);
new ImportDialog(showImported);
steps.follow(timeLine);
finder.ask();
show();
timeLine.start();
if (!shown.view.names.length && shown.view.devices.length) chooseMetric(shown.view.devices, choice, (found) => add(found));
setInterval(second, 1000);
