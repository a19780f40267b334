import assert from "node:assert/strict";
import test from "node:test";
import { Beside, shifted } from "../js/explore/beside.js";
import { historiesOf, pathOf, unitOf } from "../js/explore/asked.js";
import { distribution, paired } from "../js/explore/pairs.js";
import { earlier, later, rowsLater } from "../js/time/shift.js";
import { explorePanels } from "../js/explore/panels.js";
import { integralUnit, rangeOf, sumOf } from "../js/explore/sums.js";
import { MOST_APART, readView, withView } from "../js/explore/view-text.js";
import { within } from "./in-zone.js";
import { useZone } from "../js/time/zone.js";
import { plain } from "../js/charts/layout.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** @returns {import("../js/charts/points.js").Row} */
const row = (at, value, [low, high, count, start] = [null, null, null, null]) => [at, value, low, high, count, start];
const utc = (text) => Date.parse(`${text}Z`);

test("a view stands in the address and comes back from it, with any metric", () => {
  /** @type {import("../js/explore/view-text.js").View} */ const view = { names: ["boiler-1.temperature", "a.b, c&d=é.x"], isApart: true, shift: "week", interval: "1h", agg: "max", look: "scatter", x: "boiler-1.temperature", y: "a.b, c&d=é.x", devices: [] };
  const text = withView("?window=1h&charts=%7B%7D&device=left", view);
  assert.deepEqual(readView(text), view);
  assert.match(text, /^\?window=1h&charts=%7B%7D&s=/);
  assert.equal(withView(text, readView("")), "?window=1h&charts=%7B%7D");
});
test("what is no view is left out of an address", () => {
  const many = Array.from({ length: 30 }, (_, i) => `s=d${i}.t`).join("&");
  const view = readView(`?${many}&s=d0.t&s=nodot&s=.t&shift=month&look=x&interval=7m&agg=%3Cb%3E`);
  assert.equal(view.names.length, MOST_APART);
  assert.deepEqual([view.isApart, view.shift, view.look, view.interval, view.agg], [true, "", "", "", "mean"]);
});
test("the same local time before and after is found across a change of clocks", () => {
  within("Europe/Berlin", () => {
    // 29 March 2026 has 23 hours, 25 October 25.
    assert.equal(earlier(utc("2026-03-29T10:00"), "day"), utc("2026-03-28T11:00"));
    assert.deepEqual(later(utc("2026-03-28T11:00"), "day"), [utc("2026-03-29T10:00")]);
    assert.deepEqual(later(utc("2026-03-28T01:30"), "day"), [], "02:30 is left out");
    assert.deepEqual(later(utc("2026-10-24T00:30"), "day"), [utc("2026-10-25T00:30"), utc("2026-10-25T01:30")], "02:30 comes twice");
    assert.equal(earlier(utc("2026-10-25T01:30"), "week"), utc("2026-10-18T00:30"));
    assert.equal(earlier(utc("2027-03-29T10:00"), "year"), utc("2026-03-29T10:00"));
    assert.deepEqual(later(utc("2028-02-29T10:00"), "year"), [], "no such day");
    assert.equal(earlier(utc("2028-02-29T10:00"), "year"), utc("2027-02-28T10:00"));
  });
});
test("rows of another day are in order and once, in whatever zone and on whatever day", () => {
  for (const zone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]) {
    within(zone, () => {
      for (let day = 0; day < 366; day += 1) {
        const from = utc("2026-01-01T00:00") + day * DAY;
        const rows = Array.from({ length: 48 }, (_, i) => row(from + (i * HOUR) / 2, i));
        const moved = rowsLater(rows, "day");
        assert.ok(moved.every((row, i) => i === 0 || row[0] > moved[i - 1][0]), `${zone} ${day}`);
        assert.ok(moved.length >= 46 && moved.length <= 50, `${zone} ${day}: ${moved.length}`);
      }
    });
  }
});
test("a reduced history of another time keeps its buckets", () => {
  within("UTC", () => {
    const points = shifted({ reduced: true, bucket_ms: HOUR, points: [[0, 1, 0, 2, 3], [HOUR, 4, 4, 4, 1]], texts: [[HOUR, 2 * HOUR, "ERR", 2]] }, { from: 0, to: 2 * HOUR }, "day");
    assert.deepEqual(points.rows, [[DAY + HOUR / 2, 1, 0, 2, 3, DAY], [DAY + 1.5 * HOUR, 4, 4, 4, 1, DAY + HOUR]]);
    assert.deepEqual([points.bucket, points.before, points.texts], [HOUR, null, [[DAY + HOUR, DAY + 2 * HOUR, "ERR", 2]]]);
  });
});

const of = (id, unit, more = {}) => ({ id, metric: `d${id}.t`, unit, kind: "gauge", shifted: 0, ...more });
const drawn = (series, isApart = false, layout = plain()) => explorePanels(series, layout, isApart).map(({ lines, lanes }) => [...lines, ...lanes].map(({ id }) => id).join());

test("series of two units share a chart, a third begins another, and each has its own when asked", () => {
  const series = [of(1, "°C"), of(2, "W"), of(3, "°C"), of(4, "bar"), of(5, "", { kind: "boolean" })];
  assert.deepEqual(drawn(series), ["1,2,3,5", "4"]);
  assert.equal(drawn(series, true).length, 4);
  assert.deepEqual(drawn(series, false, { ...plain(), hidden: ["d2.t"] }), ["1,3,5", "4"]);
});
test("what a line is compared with stands beside it and takes no room of others", () => {
  const eight = Array.from({ length: 8 }, (_, i) => of(i + 1, "W"));
  const both = eight.flatMap((one) => [one, { ...one, id: -one.id, metric: `${one.metric} (day before)`, shifted: one.id }]);
  assert.deepEqual(drawn(both), [eight.flatMap(({ id }) => [id, -id]).join()]);
  assert.deepEqual(drawn(both, true)[0], "1,-1");
  assert.deepEqual(drawn(both, false, { ...plain(), hidden: ["d1.t"] })[0].startsWith("2,-2"), true);
});
test("a power becomes an energy and a flow a volume", () => {
  assert.deepEqual(integralUnit("kW"), { unit: "kWh", hours: 1 });
  assert.deepEqual(integralUnit("l/min"), { unit: "l", hours: 60 });
  assert.deepEqual(integralUnit("m³/h"), { unit: "m³", hours: 1 });
  assert.deepEqual(integralUnit("°C"), { unit: "°C·h", hours: 1 });
  assert.deepEqual(integralUnit(""), { unit: "h", hours: 1 });
});

const raw = { gapAfter: 2 * HOUR, bucket: null, lines: [] };

test("the figures of a window: nothing, one reading, a ramp, a gap, buckets", () => {
  assert.equal(sumOf([], raw), null);
  assert.deepEqual(sumOf([row(0, 5)], raw), { count: 1, low: 5, high: 5, mean: 5, last: 5, at: 0, area: null, within: null, isRough: false });
  const ramp = sumOf([row(0, 0), row(HOUR, 10), row(2 * HOUR, 20)], { ...raw, lines: [{ value: 15, op: "above", label: "" }, { value: 5, op: "below", label: "" }] });
  assert.deepEqual([ramp.count, ramp.mean, ramp.area, ramp.within], [3, 10, 20, 0.5]);
  const apart = [0, 1, 2, 3, 50, 51, 52, 53].map((n) => row(n * HOUR, 10));
  assert.equal(sumOf(apart, raw).area, 60, "nothing held in the gap");
  const buckets = sumOf([row(HOUR / 2, 5, [1, 9, 10, 0]), row(1.5 * HOUR, 8, [8, 8, 30, HOUR])], { ...raw, bucket: HOUR });
  assert.deepEqual([buckets.count, buckets.low, buckets.high, buckets.mean, buckets.isRough], [40, 1, 9, 7.25, true]);
  const large = sumOf([row(0, 1e15 + 1), row(HOUR, 1e15 + 3)], raw);
  assert.equal(large.mean, 1e15 + 2);
});
test("limits that say no side leave no range", () => {
  assert.equal(rangeOf([{ value: 1, label: "" }]), null);
  assert.deepEqual(rangeOf([{ value: 9, label: "", op: "above" }, { value: 7, label: "", op: "above" }]), { low: -Infinity, high: 7 });
});
test("a distribution counts every reading once, also where all are equal", () => {
  const found = distribution([[row(0, 0), row(1, 10, [0, 20, 4, 0])], [row(0, 5)]]);
  assert.deepEqual(found.counts.map((one) => one.reduce((a, b) => a + b, 0)), [5, 1]);
  assert.equal(found.most, 1);
  assert.equal(distribution([[row(0, 3), row(1, 3)]]).counts[0].reduce((a, b) => a + b, 0), 2);
  assert.equal(distribution([[], []]), null);
});
test("two series are paired on one grid, and their correlation is told", () => {
  const left = Array.from({ length: 50 }, (_, i) => row(i * 1000, i));
  const right = Array.from({ length: 50 }, (_, i) => row(i * 1000 + 300, -2 * i));
  const { pairs, cell, r } = paired(left, right, { from: 0, to: 50_000, least: 1000 });
  assert.deepEqual([pairs.length, cell, Math.round(r * 1e9) / 1e9], [50, 1000, -1]);
  assert.equal(paired(left, [], { from: 0, to: 50_000, least: 1000 }).r, null);
  assert.equal(paired(left, left.map(([at]) => row(at, 1)), { from: 0, to: 50_000, least: 1000 }).r, null);
});

const DAYS = { interval: "1d", agg: "mean" };

test("buckets of an interval are asked for in the zone, and empty ones break the line", () => {
  assert.equal(pathOf([1, 2], { from: 0.5, to: 9.5 }, { interval: "", agg: "max" }, "UTC"), "/api/v1/readings/?series=1,2&from=0&to=10&points=800");
  assert.equal(pathOf([1], { from: 0, to: 9 }, DAYS, "Europe/Berlin"), "/api/v1/readings/?series=1&from=0&to=9&interval=1d&agg=mean,min,max,count&tz=Europe%2FBerlin");
  const answer = { columns: ["time", "mean", "min", "max", "count"], read: { from: "rollup_1h" }, series: [{ id: 1, points: [[0, 2, 1, 3, 9], [DAY, null, null, null, 0], [2 * DAY, 4, 4, 4, 1]] }] };
  const [one] = historiesOf(answer, DAYS);
  assert.deepEqual([one.reduced, one.bucket_ms, one.read, one.points], [true, 25 * HOUR, "rollup_1h", [[0, 2, 1, 3, 9], [2 * DAY, 4, 4, 4, 1]]]);
  const [most] = historiesOf({ columns: ["time", "max", "count"], series: [{ id: 1, points: [[0, 5, 7]] }] }, { interval: "1h", agg: "max" });
  assert.deepEqual(most.points, [[0, 5, null, null, 7]]);
  assert.deepEqual([unitOf("W", { interval: "1h", agg: "rate" }), unitOf("W", { interval: "", agg: "rate" }), unitOf("W", { interval: "1h", agg: "count" })], ["W/s", "W", ""]);
});
test("what is read beside the window stays until the next is there, and what failed is told", async () => {
  const asked = [];
  const answers = [() => ({ series: [{ id: 1, reduced: false, bucket_ms: null, points: [[-DAY, 7]] }] }), () => {
    throw new Error("too slow");
  }];
  let bounds = { from: 0, to: DAY };
  /** @type {(failed: string) => void} */ let tell = () => {};
  const told = () => new Promise((resolve) => {
    tell = resolve;
  });
  const beside = new Beside({
    get: async (path) => {
      asked.push(path);
      return answers.shift()?.();
    },
    bounds: () => bounds, live: () => false, zone: () => "UTC", now: () => 0, changed: (failed) => tell(failed),
  });
  useZone("UTC");
  const first = told();
  beside.follow("day", { interval: "", agg: "mean" }, [1]);
  assert.equal(await first, "");
  assert.deepEqual(asked, [`/api/v1/readings/?series=1&from=${-DAY}&to=0&points=800`]);
  assert.deepEqual(beside.points(1)?.rows, [row(0, 7)]);
  bounds = { from: 2 * DAY, to: 3 * DAY };
  const second = told();
  beside.follow("day", { interval: "", agg: "mean" }, [1, 2]);
  assert.equal(await second, "too slow");
  assert.deepEqual(beside.points(1)?.rows, [row(0, 7)]);
  beside.follow("", { interval: "", agg: "mean" }, []);
  assert.equal(beside.points(1), undefined);
  useZone(null);
});
