/** The page of a site: what is wrong there, its day, its devices on a list and a map, whom to call. */

import { byId, el, endTrouble, setText, setValue, showRows, showTrouble, toast } from "../page/element.js";
import { connection, isUnknown, judgedAt, keepRead, knownUntil } from "../live/live.js";
import { current } from "../frame/alerts.js";
import { drawSparkline, sparkline } from "../charts/sparkline.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { day as dateOf, dayAndMonth, hourAndMinute } from "../time/moment.js";
import { number } from "../page/format.js";
import { openProvisioning } from "./provisioning.js";
import { openSite, sitePath } from "./site-drawer.js";
import { serverNow } from "../time/clock.js";
import { setTab } from "../frame/badge.js";
import { showLog } from "./site-log.js";
import { SiteDevice } from "./site-device.js";
import { SiteMap } from "./site-map.js";
import { SitePast } from "./site-past.js";
import { SiteProblems } from "./site-problems.js";
import { applyZone } from "../time/zone-choice.js";
import { locale, t } from "../page/language.js";

const REFRESH = 30_000; // ms between two full reads: readings carry no receive time
const SOON = 1_000; // ms: many changes are one read
const HOUR = 3_600_000; // ms
const MAX_SERIES = 500; // that the page follows
const VALUES = 1; // subscription

/** @type {any} */ let site = JSON.parse(/** @type {string} */ (byId("site-facts").textContent));
applyZone(site.zone);
/** @type {Map<string, SiteDevice>} */ const devices = new Map();
const problems = new SiteProblems();
const map = new SiteMap();
const past = new SitePast(() => site.slug, devices);
const hours = sparkline();
let gone = false;
let reading = 0; // timer
let isReading = false;
/** of alerts that began in the last 24 hours @type {number|null} */ let fired = null;

/** In an order that nothing moves: by name. */
const listed = () => [...devices.values()].sort((a, b) => a.name.localeCompare(b.name) || a.uid.localeCompare(b.uid));

const read = inTurn(async () => {
  clearTimeout(reading);
  reading = 0;
  isReading = true;
  const { news } = connection;
  const asked = news.asked;
  try {
    const [fleet, day] = await Promise.all([get(`/api/v1/fleet/?site=${encodeURIComponent(site.slug)}`), get(`${sitePath(site.slug)}day/`)]);
    const kept = new Set(fleet.devices.map((/** @type {any} */ { uid }) => uid));
    for (const uid of devices.keys()) if (!kept.has(uid)) devices.delete(uid);
    for (const facts of fleet.devices) {
      const held = devices.get(facts.uid);
      if (held) held.update(facts);
      else devices.set(facts.uid, new SiteDevice(facts));
    }
    setText(byId("devices-more"), fleet.total > fleet.devices.length ? t("{n} of {total} shown", { n: fleet.devices.length, total: fleet.total }) : "");
    showDay(day);
    news.release(asked);
    endTrouble(byId("trouble"));
    byId("answered").hidden = false;
    follow();
    second();
    past.read();
  } catch (error) {
    if (!gone) showTrouble(byId("trouble"), t("The site could not be read. {why}", { why: /** @type {Error} */ (error).message }), read);
  } finally {
    isReading = false;
    byId("progress").hidden = true;
  }
});

function readSoon() {
  if (!reading && !gone && !document.hidden) reading = setTimeout(read, SOON);
}

const countAlerts = inTurn(async () => {
  try {
    const from = serverNow() - 24 * HOUR;
    const { total } = await get(`/api/v1/alerts/?state=all&site=${encodeURIComponent(site.slug)}&from=${Math.round(from)}&limit=1`);
    fired = total;
  } catch {
    fired = null; // said where the rest is read
  }
});

function showDay(/** @type {any} */ day) {
  setValue(byId("day-heard"), `${number(day.heard, 0)} / ${number(day.devices, 0)}`, "");
  const from = hourAndMinute(day.from);
  setText(byId("day-heard-note"), t("heard since {time}", { time: dateOf(day.from) === dateOf(serverNow()) ? from : `${dayAndMonth(day.from)}, ${from}` }));
  setValue(byId("day-numbers"), number(day.numbers, 0), "");
  const rows = Array.from({ length: 24 }, (_, i) => day.from + i * HOUR).map((at) => [at, day.hours.find((/** @type {number[]} */ [hour]) => hour === at)?.[1] ?? 0, null, null, null, null]);
  drawSparkline(hours, { rows: /** @type {any} */ (rows.filter(([at]) => Number(at) <= day.now)), from: day.from, to: day.from + 24 * HOUR, gapAfter: 2 * HOUR, zero: true });
  setValue(byId("day-quarantined"), number(day.quarantined, 0), "");
}

function follow() {
  const wanted = listed().flatMap((device) => device.series.map(({ id }) => id)).slice(0, MAX_SERIES);
  const held = connection.subscriptions.get(VALUES)?.request.series ?? [];
  if (wanted.length && wanted.join() !== held.join()) connection.subscribe(VALUES, { series: wanted, every: 1000 });
  connection.follow([...devices.values()].map(({ facts }) => facts.id));
}

/** Alerts of this site that somebody should look at. */
const alerts = () => current.of("open").filter((alert) => alert.site?.slug === site.slug);

function second() {
  const now = judgedAt();
  const shown = listed();
  for (const device of shown) device.show(now, isUnknown());
  showRows(byId("devices"), shown.map(({ element }) => element));
  byId("devices-none").hidden = shown.length > 0;
  const wrong = problems.show(alerts(), shown, serverNow());
  map.show(shown);
  setValue(byId("day-alerts"), fired === null ? "–" : number(fired, 0), "");
  setTab(wrong ? t("{n} wrong · {site}", { n: wrong, site: site.name }) : site.name, wrong);
  showTime();
}

/** What the clocks there show. */
function showTime() {
  byId("there").hidden = !site.zone;
  if (!site.zone) return;
  const time = new Intl.DateTimeFormat(locale, { timeZone: site.zone, weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false }).format(knownUntil());
  setText(byId("there"), `${time} · ${site.zone}`);
}

/** Show the facts as they are now. */
function describe() {
  setText(byId("name"), site.name);
  const said = [
    [t("Address"), site.address, ""], [t("Whom to call there"), site.contact, ""], [t("Telephone"), site.phone, `tel:${site.phone.replace(/[^+\d]/g, "")}`],
    [t("E-mail"), site.email, `mailto:${site.email}`],
  ].filter(([, text]) => text);
  byId("contact").replaceChildren(...said.flatMap(([label, text, href]) => [el("dt", { text: label }), el("dd", {}, href ? el("a", { text, attrs: { href } }) : text)]));
  byId("contact-none").hidden = said.length > 0 || Boolean(site.notes);
  byId("notes").hidden = !site.notes;
  setText(byId("notes"), site.notes);
  byId("quarantine-link").setAttribute("href", "/quarantine/");
  byId("alerts-link").setAttribute("href", `/alerts/?site=${encodeURIComponent(site.slug)}`);
}

/** It is as `facts` say. @param {any} facts */
function taken(facts) {
  if (facts.slug !== site.slug) location.replace(`/sites/${encodeURIComponent(facts.slug)}/`);
  site = facts;
  applyZone(site.zone);
  describe();
  second();
}

/** The facts as the store has them. @returns {Promise<boolean>} whether they could be read */
const readFacts = inTurn(async () => {
  try {
    taken(await get(sitePath(site.slug)));
    return true;
  } catch (error) {
    const { status, message } = /** @type {import("../page/rest.js").RestError} */ (error);
    if (status === 404) left(t("This site was deleted, or you may not see it any more."));
    else showTrouble(byId("trouble"), t("The site could not be read. {why}", { why: message }), readFacts);
    return false;
  }
});

/** @param {number[]|null} [series] whose history changed; null: of every one */
function doubt(series = null) {
  for (const { latest, facts } of devices.values()) latest.doubt(series ?? facts.series.map((/** @type {any} */ { id }) => id));
}

function missed() {
  if (gone) return;
  doubt();
  readFacts();
  read();
  countAlerts();
}

function left(/** @type {string} */ why) {
  gone = true;
  clearTimeout(reading);
  showTrouble(byId("trouble"), why, () => location.assign("/sites/"), t("Back to the sites"));
}

function wire() {
  byId("numbers-card").append(hours);
  for (const id of ["day-heard", "day-numbers", "day-alerts", "day-quarantined"]) byId(id).replaceChildren();
  byId("provisioning").addEventListener("click", () => openProvisioning(site.slug));
  byId("edit").addEventListener("click", () => openSite(site, taken, () => location.assign("/sites/")));
  connection.on("readings", ({ d }) => {
    const now = serverNow();
    const of = new Map([...devices.values()].flatMap((device) => device.series.map(({ id }) => [id, device])));
    for (const [id, points] of Object.entries(d)) of.get(Number(id))?.add(Number(id), points, now);
  });
  connection.on("beat", ({ heard }) => {
    for (const device of devices.values()) {
      const at = heard[device.facts.id];
      if (at !== undefined) device.hearing.heardAt(at);
    }
  });
  connection.on("presence", ({ uid, connection: said, since }) => {
    const device = devices.get(uid);
    device?.update({ presence: { ...device.facts.presence, connection: said, since } });
    if (!device) return;
    past.soon();
    if (isReading) readSoon(); // its answer may be older
  });
  connection.on("device", ({ device, change }) => {
    if (device.site?.slug === site.slug || devices.has(device.uid) || change === "deleted") readSoon();
  });
  connection.on("series", ({ uid }) => devices.has(uid) && readSoon());
  connection.on("site", async ({ slug, change }) => {
    if (slug !== site.slug) return;
    if (change === "deleted") left(t("This site was deleted. Its devices are without a site."));
    else if (await readFacts()) toast(t("{name} was changed.", { name: site.name }));
  });
  connection.on("alert", () => countAlerts());
  // What changed since the page was written, or while nothing was heard.
  keepRead([], missed);
  connection.on("refill", ({ series }) => {
    if (series === null) return;
    doubt(series);
    readSoon();
  });
  current.addEventListener("changed", second);
  document.addEventListener("visibilitychange", () => !document.hidden && readSoon());
}

wire();
describe();
setInterval(second, 1000);
setInterval(() => {
  if (document.hidden || gone) return;
  read();
  countAlerts();
}, REFRESH);
showLog(site);
