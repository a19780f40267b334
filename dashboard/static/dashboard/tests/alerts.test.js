import assert from "node:assert/strict";
import test from "node:test";
import { Current } from "../js/alerts/current.js";
import { byWorst, found, isOpen, isTold } from "../js/alerts/standing.js";
import { AlertSpans, drawAlerts } from "../js/charts/alert-spans.js";
import { care, happened, nothing } from "../js/alerts/words.js";

const NOW = 1_800_000_000_000;
const SERIES = { unit: "°C", kind: "gauge", precision: 1 };

/** @param {any} facts @returns {import("../js/alerts/standing.js").Alert} */
const alert = (facts) => ({
  id: 1, severity: "warning", sentence: "Temperature of Freezer 1 is −9 °C.", rule: 1, rule_name: "Too warm", site: null, device: "freezer-1",
  device_name: "Freezer 1", uid: "freezer-1", series: 1, metric: "temperature", unit: "°C", kind: "gauge", precision: 1, started: NOW - 60_000,
  fired: NOW - 1_000, cleared: null, value: -9, worst: -9, limit: -15, worsened: null, historic: false, flaps: 0, cause: null, effects: 0, comments: 0,
  acknowledged: null, acknowledged_by: null, assignee: null, snoozed_until: null, silenced: false, runbook: "", labels: {}, ...facts,
});

/** A page whose reads are answered by hand. */
class Page {
  constructor() {
    /** @type {((answer: any) => void)[]} */ this.asked = [];
    /** @type {[() => void, number][]} */ this.timers = [];
    this.now = NOW;
    this.current = new Current({
      get: () => new Promise((done) => this.asked.push(done)), now: () => this.now, later: (f, ms) => this.timers.push([f, ms]), hidden: () => false,
    });
    /** ids @type {number[]} */ this.fired = [];
    this.current.addEventListener("fired", (event) => this.fired.push(/** @type {CustomEvent} */ (event).detail.id));
  }

  /** @param {any[]} alerts @param {number} [open] how many there are in all */
  async answer(alerts, open = alerts.length) {
    this.asked.shift()?.({ alerts, open: { warning: open }, quiet_since: null, watched: true, not_judged_since: null });
    await new Promise((done) => setImmediate(done));
  }

  soon() {
    const at = this.timers.findIndex(([, ms]) => ms < 60_000);
    return at < 0 ? undefined : this.timers.splice(at, 1)[0][0]();
  }
}

test("what fires is counted at once, and what clears no more", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  await page.answer([alert({})]);
  assert.equal(page.current.open, 1);
  page.current.hear({ alert: alert({ id: 2, severity: "critical" }) });
  assert.deepEqual(page.current.of("open").map(({ id }) => id), [2, 1]);
  page.current.hear({ alert: alert({ id: 1, cleared: NOW }) });
  assert.equal(page.current.open, 1);
  assert.equal(page.current.told?.quiet_since, NOW);
  assert.deepEqual(page.fired, [2]);
});

test("the same news twice, old news, and what is silenced make no sound", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  await page.answer([]);
  page.current.hear({ alert: alert({ id: 3 }) });
  page.current.hear({ alert: alert({ id: 3, worst: -2 }) });
  page.current.hear({ alert: alert({ id: 4, fired: NOW - 3_600_000 }) });
  page.current.hear({ alert: alert({ id: 5, silenced: true }) });
  page.current.hear({ alert: alert({ id: 6, acknowledged: NOW }) });
  assert.deepEqual(page.fired, [3]);
  assert.equal(page.current.open, 2);
});

test("what was heard while a read was on its way is not forgotten by it", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  page.current.hear({ alert: alert({ id: 7 }) });
  await page.answer([]);
  assert.equal(page.current.open, 1);
  page.soon(); // and it is read once more, for the event may have been the older of the two
  await page.answer([]);
  assert.equal(page.current.open, 0);
});

test("an effect is not counted while its cause stands, and is asked for once that clears", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  await page.answer([alert({ id: 1, effects: 2 })]);
  page.current.hear({ alert: alert({ id: 2, cause: 1 }) });
  assert.equal(page.current.open, 1);
  page.current.hear({ alert: alert({ id: 1, effects: 2, cleared: NOW }) });
  assert.equal(page.current.open, 0);
  page.soon();
  await page.answer([alert({ id: 2, cause: 1 })]);
  assert.equal(page.current.open, 1);
});

test("many at once are read, and those beyond what is held are counted", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  await page.answer([alert({})]);
  page.current.hear({ alert: null });
  page.current.hear({ alert: null });
  page.soon();
  assert.equal(page.asked.length, 1);
  await page.answer([alert({}), alert({ id: 2 })], 700);
  assert.equal(page.current.open, 700);
});

test("what is read while news never ends is shown", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  for (let i = 0; i < 3; i += 1) { // each event before the answer to the one before
    page.current.hear({ alert: null });
    page.soon();
  }
  assert.equal(page.asked.length, 1); // one at a time
  await page.answer([alert({})]);
  assert.equal(page.current.open, 1);
  assert.equal(page.asked.length, 1); // and one more for all of it
});

test("a snooze ends by the clock alone", async () => {
  const page = new Page();
  page.current.start(page.current.read());
  await page.answer([alert({ snoozed_until: NOW + 1_000 })], 0);
  assert.equal(page.current.open, 0);
  assert.equal(page.current.of("acknowledged").length, 1);
  page.now += 2_000;
  assert.equal(page.current.open, 1);
});

test("how an alert stands", () => {
  assert.equal(isOpen(alert({ acknowledged: NOW }), NOW), false);
  assert.equal(isOpen(alert({ silenced: true }), NOW), true);
  assert.equal(isTold(alert({ silenced: true }), NOW), false);
  const sorted = [alert({ id: 1, severity: "info", started: 1 }), alert({ id: 2, started: 9 }), alert({ id: 3, started: 5 }), alert({ id: 4, severity: "critical", started: 9 })].sort(byWorst);
  assert.deepEqual(sorted.map(({ id }) => id), [4, 3, 2, 1]);
  assert.equal(found(alert({}), "warm freezer"), true);
  assert.equal(found(alert({}), "warm freezer-2"), false);
});

test("what is said of it", () => {
  assert.equal(care(alert({ assignee: "anna", acknowledged_by: "ben" }), NOW), "anna");
  assert.match(care(alert({ snoozed_until: NOW + 60_000 }), NOW), /^snoozed until /);
  assert.equal(happened({ kind: "acknowledged", detail: { note: "on my way", via: "link" } }, NOW, SERIES), "acknowledged it by a link: on my way");
  assert.equal(happened({ kind: "worsened", detail: { value: -3 } }, NOW, SERIES), "Worse: −3.0\u2009°C");
  assert.equal(happened({ kind: "assigned", detail: { to: null } }, NOW, SERIES), "assigned it to nobody");
  assert.equal(happened({ kind: "new kind", detail: {} }, NOW, SERIES), "new kind");
});

test("an empty list says why, and never that all is quiet when nobody judges", () => {
  const told = { quiet_since: NOW - 60_000, watched: true, not_judged_since: null };
  const said = (/** @type {any} */ facts) => nothing("open", { told, narrowed: false, taken: 0, now: NOW, ...facts });
  assert.match(said({}).title, /^All quiet since \d\d:\d\d/);
  assert.equal(said({ told: { ...told, quiet_since: null } }).text, "No alert has fired yet.");
  assert.equal(said({ told: { ...told, watched: false } }).rules, true);
  assert.doesNotMatch(said({ told: { ...told, not_judged_since: NOW } }).title, /quiet/);
  assert.equal(said({ narrowed: true }).title, "No alert matches");
});

test("a chart marks what is of its metric, and draws a limit once", () => {
  const spans = new AlertSpans();
  spans.take([alert({ id: 1 }), alert({ id: 2 }), alert({ id: 3, metric: "" }), alert({ id: 4, metric: "constructor", limit: null })]);
  assert.deepEqual(spans.of("temperature").map(({ id }) => id), [1, 2]);
  assert.deepEqual(spans.of("toString"), []);
  assert.deepEqual(spans.limits("temperature", []), [{ value: -15, label: "Too warm" }]);
  assert.deepEqual(spans.limits("temperature", [{ value: -15, label: "Warm" }]), [{ value: -15, label: "Warm" }]);
  assert.equal(spans.at("temperature", NOW - 61_000).length, 0);
  assert.equal(spans.at("temperature", NOW).length, 2);
});

test("an alert that was over before a window, or begins after it, is not in its picture", () => {
  /** @type {number[][]} */ const drawn = [];
  const context = /** @type {any} */ ({ save() {}, restore() {}, fillRect: (/** @type {number[]} */ ...rect) => drawn.push(rect) });
  const area = { left: 0, right: 100, top: 10, bottom: 60 };
  const drawing = (/** @type {any} */ facts, tint = true) => {
    drawn.length = 0;
    drawAlerts(context, area, [alert(facts)], (at) => at, { colours: {}, now: 90, tint });
    return drawn;
  };
  assert.deepEqual(drawing({ started: -50, cleared: -1 }), []);
  assert.deepEqual(drawing({ started: 101 }), []);
  assert.deepEqual(drawing({ started: -50, cleared: 20 })[0], [0, 10, 20, 3]);
  assert.deepEqual(drawing({ started: 40, cleared: null })[1], [40, 10, 50, 50]);
  assert.deepEqual(drawing({ started: 40, cleared: 40 }, false), [[40, 6, 2, 3]]); // seen, however short
});
