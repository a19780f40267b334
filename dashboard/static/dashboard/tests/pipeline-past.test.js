import assert from "node:assert/strict";
import { test } from "node:test";
import { byHour, roundUp, shape, troubled } from "../js/pipeline/past-shape.js";
import { verdict } from "../js/pipeline/verdict.js";

const MINUTE = 60_000;
const well = {
  unknown: false, workers: 2, alive: 2, full: [], databaseAway: false, brokerAway: false, spooled: 0, missing: 0, lag: 40, normalLag: 5_000,
  perSecond: 120, usual: /** @type {[number, number]} */ ([100, 140]), idle: 0, failing: [],
};
const plain = (/** @type {string} */ text) => text.replaceAll("\u2009", " ").replaceAll("\u202f", " ");
const said = (/** @type {object} */ more, past = { behind: 0, unknown: 0 }) => plain(verdict({ ...well, ...more }, past).text);

test("the axis ends at a round number", () => {
  assert.deepEqual([0, 0.3, 1, 1.2, 3, 50, 51, 99_000].map(roundUp), [1, 0.5, 1, 2, 5, 50, 100, 100_000]);
});

test("a minute of which nothing is known breaks the line, and one alone is a dot", () => {
  const { line, top } = shape([[0, 1], [MINUTE, 2], [5 * MINUTE, 2]], { from: 0, to: 10 * MINUTE, band: null, least: 0 });
  assert.equal(line, "M0.5 50.00h0L1.5 0.00M5.5 0.00h0");
  assert.equal(top, 2);
});

test("the band is drawn where it is, and the axis reaches it", () => {
  const { band, top } = shape([[0, 1]], { from: 0, to: 10 * MINUTE, band: [4, 8], least: 0 });
  assert.equal(top, 10);
  assert.equal(band, "M0 20.00H10.0V60.00H0Z");
});

test("what lies outside of the window is not drawn", () => {
  const { line, top } = shape([[-MINUTE, 900], [0, 1], [10 * MINUTE, 700]], { from: 0, to: 10 * MINUTE, band: null, least: 0 });
  assert.equal(line, "M0.5 0.00h0");
  assert.equal(top, 1);
});

test("how long storing was behind, and how long nothing is known", () => {
  const rows = [[0, 1, 1, 0, 9_000, 0], [MINUTE, 1, 1, 0, 1, 5], [2 * MINUTE, 1, 1, 0, 5_000, 0], [9 * MINUTE, 1, 1, 0, 1, 0]];
  assert.deepEqual(troubled(/** @type {any} */ (rows), 10 * MINUTE, 5_000), { behind: 2, unknown: 6 });
  assert.deepEqual(troubled([], 10 * MINUTE, 5_000), { behind: 0, unknown: 0 });
});

test("an hour has its means and its worst", () => {
  const rows = [[0, 1, 2, 0, 5, 0], [MINUTE, 3, 6, 1, 2, 9], [60 * MINUTE, 7, 7, 7, 7, 7]];
  const hour = (/** @type {number} */ at) => Math.floor(at / (60 * MINUTE)) * 60 * MINUTE;
  assert.deepEqual(byHour(/** @type {any} */ (rows), hour), [[60 * MINUTE, 7, 7, 7, 7, 7], [0, 2, 4, 0.5, 5, 9]]);
});

test("all is well, with what is usual and what was", () => {
  assert.equal(said({}), "All is well: 120 messages a second, as usual, stored within 40 ms.");
  assert.equal(said({ usual: null }), "All is well: 120 messages a second, stored within 40 ms.");
  assert.equal(said({ perSecond: null }), "All is well.");
  assert.equal(said({}, { behind: 12, unknown: 90 }),
    "All is well: 120 messages a second, as usual, stored within 40 ms; in the last 24 hours storing was behind for 12 min and nothing is known of 1 h 30 min.");
});

test("the worst that is true is what is said", () => {
  /** @type {[object, string, string][]} each is true of those below it as well */
  const cases = [
    [{ unknown: true }, "waiting", "How the pipeline does is not known now."],
    [{ workers: 0 }, "waiting", "No bridge has run yet, so nothing comes in."],
    [{ full: ["bridge-0"] }, "offline", "Nothing is acknowledged: the spool of bridge-0 is full."],
    [{ databaseAway: true, spooled: 1 }, "offline", "The database is away: 1 message kept in the spool, and none is lost."],
    [{ alive: 0 }, "offline", "No bridge is heard: what devices send waits at the broker."],
    [{ brokerAway: true }, "offline", "The broker is away: nothing comes in."],
    [{ missing: -3 }, "offline", "3 messages of the books unaccounted for."],
    [{ alive: 1 }, "silent", "1 of 2 workers not heard; the others store what comes."],
    [{ lag: 12_000 }, "silent", "Storing is 12 s behind."],
    [{ spooled: 12_345 }, "late", "It catches up: 12 345 messages of the spool still to be stored."],
    [{ idle: 7_200_000, failing: ["Summaries"] }, "late", "All that comes is stored, but maintenance has done nothing for 2 h: is manage.py maintain running?"],
    [{ failing: ["Summaries"] }, "late", "All that comes is stored, but maintenance fails: Summaries."],
    [{ perSecond: 3 }, "late", "Fewer messages than usual: 3.0 messages a second, usually 100 to 140."],
    [{ perSecond: 500 }, "late", "More messages than usual: 500 messages a second, usually 100 to 140; all of them are stored."],
  ];
  let below = {};
  for (const [facts, state, text] of [...cases].reverse()) {
    below = { ...below, ...facts };
    const found = verdict({ ...well, ...below }, null);
    assert.equal(found.state, state);
    if (!text.includes("database")) assert.equal(plain(found.text), text);
    assert.equal(said(facts), text);
  }
});

test("of what no rate is known all is well without one", () => {
  assert.equal(said({ perSecond: null, usual: null }), "All is well.");
  assert.equal(said({ perSecond: null, usual: null }, { behind: 2, unknown: 0 }), "All is well; in the last 24 hours storing was behind for 2 min.");
});

test("nothing sent where nothing is usual is as usual", () => {
  assert.equal(said({ perSecond: 0, usual: [0, 0] }), "All is well: 0.0 messages a second, as usual, stored within 40 ms.");
});
