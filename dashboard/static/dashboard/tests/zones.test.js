import assert from "node:assert/strict";
import test from "node:test";
import { within } from "./in-zone.js";
import { clock, hourAndMinute, offset } from "../js/time/moment.js";
import { tickLabel, timeTicks } from "../js/time/time-ticks.js";
import { beginsDay, changes, repeated } from "../js/time/zone.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const utc = (text) => Date.parse(`${text}Z`);

/** What a wall clock in the zone shows, by another way than the code under test takes. */
function wall(zone) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return { date: `${part.year}-${part.month}-${part.day}`, ms: Number(part.hour) * HOUR + Number(part.minute) * MINUTE + Number(part.second) * 1000 };
  };
}

/** Years of ordinary changes, and the days of unusual ones anywhere. */
const YEARS = [[utc("2025-01-01T00:00"), utc("2027-01-01T00:00")], [utc("2011-12-20T00:00"), utc("2012-01-05T00:00")], [utc("2018-10-01T00:00"), utc("2019-03-01T00:00")]];
const SPANS = [5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 31 * DAY];
const ZONES = [...Intl.supportedValuesOf("timeZone"), "UTC"];

test("in every zone, around every change of its clocks, ticks increase, are few, and stand on round local times", () => {
  let changed = 0;
  for (const zone of ZONES) {
    within(zone, () => {
      const shown = wall(zone);
      const moments = YEARS.flatMap(([from, to]) => changes(from, to));
      changed += moments.length;
      for (const change of [...moments, utc("2026-06-15T11:23:45")]) {
        for (const span of SPANS) {
          for (const share of [0, 0.5, 1]) {
            const from = change - span * share;
            const { step, values } = timeTicks(from, from + span, 6);
            const where = `${zone} ${new Date(change).toISOString()} ${span / MINUTE} min from ${new Date(from).toISOString()}`;
            assert.ok(values.length <= 8, `${where}: ${values.length} ticks`);
            values.forEach((at, i) => {
              assert.ok(at >= from && at <= from + span, where);
              assert.ok(i === 0 || at > values[i - 1], `${where}: not increasing`);
              if (step < DAY) assert.equal(shown(at).ms % step, 0, `${where}: ${new Date(at).toISOString()} is not round`);
              else assert.notEqual(shown(at).date, shown(at - 1).date, `${where}: no day begins at ${new Date(at).toISOString()}`);
            });
            const labels = values.map((at) => tickLabel(at, step));
            if (span < DAY) assert.equal(new Set(labels).size, labels.length, `${where}: ${labels}`);
          }
        }
      }
    });
  }
  assert.ok(changed > 500, `only ${changed} changes of clocks were met`);
});
test("no tick is left out where the clocks stay as they are", () => {
  for (const zone of ["UTC", "Asia/Kathmandu", "Australia/Adelaide"]) {
    within(zone, () => {
      for (const span of SPANS) {
        const { step, values } = timeTicks(utc("2026-06-10T01:02:03"), utc("2026-06-10T01:02:03") + span, 6);
        assert.ok(values.length >= Math.floor(span / step), `${zone} ${span}`);
        values.slice(1).forEach((at, i) => assert.equal(at - values[i], step));
      }
    });
  }
});
test("both hours of an hour that comes twice have their ticks, and say which they are", () => within("Europe/Berlin", () => {
  const { step, values } = timeTicks(utc("2026-10-24T23:30"), utc("2026-10-25T02:30"), 6);
  assert.equal(step, 30 * MINUTE);
  assert.deepEqual(values.map((at) => tickLabel(at, step)), ["01:30", "02:00 +2", "02:30 +2", "02:00 +1", "02:30 +1", "03:00", "03:30"]);
  assert.equal(clock(utc("2026-10-25T00:15")), "02:15:00 +2");
  assert.equal(clock(utc("2026-10-25T01:15")), "02:15:00 +1");
}));
test("an hour that is skipped has no tick", () => within("America/New_York", () => {
  const { step, values } = timeTicks(utc("2026-03-08T06:00"), utc("2026-03-08T10:00"), 6);
  assert.deepEqual(values.map((at) => tickLabel(at, step)), ["01:00", "03:00", "04:00", "05:00", "06:00"]);
}));
test("Lord Howe's half hour, and a step longer than it", () => within("Australia/Lord_Howe", () => {
  const back = utc("2026-04-04T15:00");
  assert.deepEqual(changes(back - DAY, back + DAY), [back]);
  assert.ok(repeated(back - 1) && repeated(back) && !repeated(back + 30 * MINUTE) && !repeated(back - 31 * MINUTE));
  assert.equal(hourAndMinute(back), "01:30 +10:30");
  const { step, values } = timeTicks(back - 2 * HOUR, back + 3 * HOUR, 6);
  assert.deepEqual(values.map((at) => tickLabel(at, step)), [tickLabel(back - 2 * HOUR, step), "01:00", "02:00", "03:00", "04:00"]);
}));
test("a day whose midnight does not exist begins where the clocks are changed", () => within("America/Sao_Paulo", () => {
  const change = utc("2018-11-04T03:00");
  assert.ok(beginsDay(change));
  const { values } = timeTicks(change - 2 * DAY, change + 2 * DAY, 6);
  assert.ok(values.includes(change));
  assert.equal(values.length, 5);
}));
test("a midnight that comes twice begins one day", () => within("America/Havana", () => {
  const { values } = timeTicks(utc("2026-10-30T12:00"), utc("2026-11-03T12:00"), 6);
  assert.equal(values.length, 4);
}));
test("no window makes ticks without end", () => {
  for (const [from, to] of [[0, NaN], [NaN, 1], [5, 5], [9, 1], [0, Infinity], [-8.64e15, 8.64e15], [1e20, 2e20]]) {
    assert.ok(timeTicks(from, to, 6).values.length <= 8, `${from} ${to}`);
  }
});
test("an offset is written as people do", () => {
  const at = utc("2026-01-01T00:00");
  assert.deepEqual(["Asia/Kathmandu", "America/St_Johns", "UTC"].map((zone) => within(zone, () => offset(at))), ["+05:45", "\u221203:30", "+00:00"]);
});
