import assert from "node:assert/strict";
import test from "node:test";
import { alarms, balance, gone, Rate, summed } from "../js/pipeline/rates.js";
import { csv, stateRows, tableRows } from "../js/charts/table-text.js";
import { allWhole, extent, includesZero, valueRange, withThresholds } from "../js/charts/value-range.js";
import { valueTicks } from "../js/charts/value-ticks.js";

/** @returns {import("../js/charts/points.js").Row} */
const row = (at, value, low = null, high = null, count = null, start = null) => [at, value, low, high, count, start];

test("the axis has room, and zero where zero means something", () => {
  const free = valueRange({ low: 20, high: 30 }, null, false);
  assert.ok(free.min < 20 && free.min > 18 && free.max > 30 && free.max < 32);
  assert.equal(valueRange({ low: 600, high: 700 }, null, true).min, 0);
  assert.ok(includesZero({ unit: "W", kind: "gauge" }));
  assert.ok(!includesZero({ unit: "°C", kind: "gauge" }));
  assert.ok(!includesZero({ unit: "Wh", kind: "counter" }));
  const byName = { unit: "", kind: "gauge", metric: "power_factor" };
  assert.ok(!includesZero(byName));
});
test("the axis widens at once and narrows late", () => {
  const held = { min: 0, max: 100 };
  assert.equal(valueRange({ low: 20, high: 90 }, held, false), held);
  assert.ok(valueRange({ low: 20, high: 120 }, held, false).max > 120);
  assert.ok(valueRange({ low: 40, high: 50 }, held, false).max < 60);
});
test("a steady value has an axis around it", () => {
  const { min, max } = valueRange({ low: 5, high: 5 }, null, false);
  assert.ok(min < 5 && max > 5);
});
test("the extent counts the band", () => assert.deepEqual(extent([row(1, 5, 2, 9), row(2, 4)]), { low: 2, high: 9 }));
test("value ticks are round and inside", () => {
  assert.deepEqual(valueTicks(0, 10).values, [0, 2.5, 5, 7.5, 10]);
  for (const [min, max] of [[-22.06, -22.03], [0, 1e7], [3464.9, 3467.1]]) {
    const { values } = valueTicks(min, max);
    assert.ok(values.length >= 2 && values.length <= 6 && values.every((v) => v >= min - 1e-6 && v <= max + 1e-6), `${min} ${max}: ${values}`);
  }
});
test("a label is never longer than there is room for, and tells its neighbours apart, from 1e-9 to 1e15", () => {
  for (let exponent = -9; exponent <= 15; exponent += 1) {
    for (const spread of [0, 1e-9, 1e-6, 1e-3, 0.1, 1, 30]) {
      const low = 1.2345678 * 10 ** exponent;
      for (const sign of [1, -1]) {
        const ends = [sign * low, sign * low * (1 + spread)].sort((a, b) => a - b);
        const { min, max } = valueRange({ low: ends[0], high: ends[1] }, null, false);
        const { values, labels, note } = valueTicks(min, max);
        const where = `${ends}: ${labels} ${note}`;
        assert.ok(values.length >= 2 && values.length <= 7, where);
        assert.ok(values.every((value, i) => i === 0 || value > values[i - 1]), where);
        assert.equal(new Set(labels).size, labels.length, where);
        assert.ok(labels.every((label) => label.length <= 10), where);
      }
    }
  }
});
test("what all labels have in common is written once", () => {
  const big = valueTicks(123_456_750, 123_456_950);
  assert.deepEqual([big.labels, big.note], [["750", "800", "850", "900", "950"], "123\u202f456\u202f000 +"]);
  const tiny = valueTicks(0, 1e-9);
  assert.deepEqual([tiny.labels, tiny.note], [["0.00", "0.25", "0.50", "0.75", "1.00"], "×10⁻⁹"]);
  assert.equal(valueTicks(0, 1e15).note, "×10¹⁵");
});
test("what is counted has whole ticks", () => {
  assert.ok(allWhole([row(0, 1), row(1, 2.5, 1, 4)]) && !allWhole([row(0, 1.5)]));
  for (const [min, max] of [[2690.9, 2692.1], [0, 1], [0, 7], [0, 12], [-0.2, 2.2]]) {
    assert.ok(valueTicks(min, max, true).values.every(Number.isInteger), `${min} ${max}`);
  }
});
test("values a float can hardly hold have an axis", () => {
  for (const data of [{ low: -1.7e308, high: 1.7e308 }, { low: 5e-324, high: 5e-324 }, { low: 1e15, high: 1e15 + 0.125 }, { low: 0, high: 0 }]) {
    const { min, max } = valueRange(data, null, false);
    assert.ok(Number.isFinite(max - min) && max > min, JSON.stringify(data));
    assert.ok(valueTicks(min, max).values.length <= 7);
  }
});
test("a rate survives a restarted worker", () => {
  const rate = new Rate();
  for (const [at, total] of [[0, 100], [1000, 150], [2000, 30]]) rate.add(at, total);
  assert.deepEqual(rate.samples, [[1000, 50], [2000, 30]]);
  assert.equal(rate.current(), 40);
});
test("the same second of two workers is summed", () => {
  const [a, b] = [new Rate(), new Rate()];
  for (const rate of [a, b]) { rate.add(0, 0); rate.add(1000, 10); }
  assert.deepEqual(summed([a, b]), [[1000, 20]]);
});
test("the balance is what is missing from the books", () => {
  const books = { received: 10, stored: 5, duplicate: 2, rejected: 1, spooled: 1, in_flight: 1 };
  assert.equal(balance(books), 0);
  assert.equal(balance({ ...books, stored: 4 }), 1);
});
test("CSV has the drawn rows, and no cell a spreadsheet would run", () => {
  const text = csv(tableRows({ metric: "t", unit: "°C" }, [row(0, 1.5), row(1000, "=cmd|x")]));
  assert.equal(text, "time,t (°C)\r\n1970-01-01T00:00:00.000Z,1.5\r\n1970-01-01T00:00:01.000Z,'=cmd|x\r\n");
});
test("two readings of one millisecond are two rows, each with its microseconds", () => {
  const rows = tableRows({ metric: "t", unit: "" }, [row(1700000000000.123, 1), row(1700000000000.124, 2), row(1700000000001, 3)]);
  assert.deepEqual(rows.slice(1).map((cells) => cells[0]), ["2023-11-14T22:13:20.000123Z", "2023-11-14T22:13:20.000124Z", "2023-11-14T22:13:20.001Z"]);
});
test("whatever a spreadsheet skips before a formula, it is text", () => {
  const cells = ["\n=1+1", " =1+1", "＝1+1", "\t@x", "\ufeff+1+1", "-5", "-1e3"];
  const written = csv([cells]);
  for (const cell of cells.slice(0, 5)) assert.ok(written.includes(`'${cell}`), JSON.stringify(cell));
  assert.match(written, /,-5,-1e3\r\n$/);
});
test("texts among numbers are rows of their own, states have a from and a to", () => {
  assert.deepEqual(tableRows({ metric: "t", unit: "" }, [row(1000, 2)], [[500, 700, "ERR", 2]]).slice(1).map((cells) => cells[1]), ["ERR", 2]);
  assert.deepEqual(stateRows({ metric: "s", unit: "" }, [{ from: 0, to: 1000, word: "on", since: 0 }])[1], ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z", "on"]);
});
test("a reduced table keeps minimum, maximum and count", () => {
  assert.deepEqual(tableRows({ metric: "t", unit: "" }, [row(500, 2, 1, 3, 9, 0)])[1], ["1970-01-01T00:00:00.000Z", 2, 1, 3, 9]);
});
test("a worker says what is wrong with it, worst first, and nothing when nothing is", () => {
  assert.deepEqual(alarms({ connected: 1, database_up: 1, spooled: 0, spool_full: 0 }), []);
  assert.deepEqual(alarms({}), []);
  const bad = alarms({ connected: 0, database_up: 0, spooled: 1200, spool_bytes: 2048, spool_full: 1 });
  assert.match(bad[0], /^The spool is full at 1200 messages \(2\.0\u2009KiB\)/);
  assert.match(bad[1], /^The database is away\. 1200 messages .* kept in the spool/);
  assert.match(bad[2], /^The broker is away/);
  assert.deepEqual(alarms({ clock_ahead_ms: 1_999 }), []);
  assert.match(alarms({ clock_ahead_ms: 300_000 })[0], /^The clock of its host is 5\u2009min ahead of the database's/);
  assert.match(alarms({ clock_ahead_ms: -2_000 })[0], /is 2\u2009s behind the database's/);
  assert.deepEqual(alarms({ connected: 1, database_up: 1, spooled: 1, spool_bytes: 100 }), ["In the spool, to be stored next: 1 message (100\u2009B)."]);
});
test("a killed web process leaves the list after a minute, a bridge that is away stays", () => {
  assert.ok(!gone("http-4711", 0, 60_000));
  assert.ok(gone("http-4711", 0, 60_001));
  assert.ok(!gone("bridge-0", 0, 86_400_000));
});
test("a threshold near the data widens the axis, one far off does not flatten it", () => {
  assert.deepEqual(withThresholds({ low: 20, high: 30 }, [{ value: 35 }, { value: 11 }]), { low: 11, high: 35 });
  assert.deepEqual(withThresholds({ low: 20, high: 30 }, [{ value: 400 }]), { low: 20, high: 30 });
  assert.deepEqual(withThresholds({ low: -18, high: -18 }, [{ value: -16.5 }]), { low: -18, high: -16.5 });
  assert.equal(withThresholds(null, [{ value: 1 }]), null);
});
