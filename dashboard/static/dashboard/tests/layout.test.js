import assert from "node:assert/strict";
import test from "node:test";
import { fitTogether, joined, matches, moved, panels, parted, plain, toggled } from "../js/charts/layout.js";
import { read, written } from "../js/charts/layout-text.js";
import { LayoutStore } from "../js/charts/layout-store.js";

const of = (metric, unit = "", kind = "gauge") => ({ id: 0, metric, unit, kind });
const shown = (series, layout = plain()) => panels(series, layout).map(({ lines, lanes }) => [lines.map(({ metric }) => metric).join("+"), ...lanes.map(({ metric }) => metric)].join("/"));
const freezer = [of("temperature", "°C"), of("power", "W"), of("setpoint", "°C"), of("door", "", "boolean"), of("power_state", "", "text")];

test("charts stand by unit in the order the units come, states under what they explain", () => {
  assert.deepEqual(shown(freezer), ["temperature/door", "setpoint", "power/power_state"]);
});
test("directions and phases of one thing share a chart, names that only look alike do not", () => {
  const series = [of("vibration.x", "mm/s"), of("vibration.y", "mm/s"), of("vibration.z", "mm/s"), of("current_l1", "A"), of("current_l2", "A"), of("x", "m"), of("volume.x", "l"), of("pm_2", "µg")];
  assert.deepEqual(shown(series), ["vibration.x+vibration.y+vibration.z", "current_l1+current_l2", "x", "volume.x", "pm_2"]);
  assert.deepEqual(shown([of("motor.x_rms", "g"), of("motor.y_rms", "g"), of("pump.x_rms", "g")]), ["motor.x_rms+motor.y_rms", "pump.x_rms"]);
});
test("states alone are a chart of their own, and nothing is none", () => {
  assert.deepEqual(shown([of("door", "", "boolean"), of("mode", "", "text")]), ["/door/mode"]);
  assert.deepEqual(shown([]), []);
});
test("lines are drawn over another chart's and taken apart again, of two units and eight lines at most", () => {
  const [temperature, , power] = panels(freezer, plain());
  const over = joined(plain(), temperature, power);
  assert.deepEqual(shown(freezer, over), ["temperature+power/door/power_state", "setpoint"]);
  const [both] = panels(freezer, over);
  assert.equal(both.unit, "°C, W");
  assert.deepEqual(shown(freezer, parted(over, both)).sort(), ["power/power_state", "setpoint", "temperature/door"].sort());
  assert.ok(!fitTogether([of("a", "A"), of("b", "V"), of("c", "W")]));
  assert.ok(!fitTogether(Array.from({ length: 9 }, (_, i) => of(`m${i}`))));
});
test("directions are taken apart for good", () => {
  const series = [of("v.x", "g"), of("v.y", "g")];
  const layout = parted(plain(), panels(series, plain())[0]);
  assert.deepEqual(shown(series, layout), ["v.x", "v.y"]);
  assert.deepEqual(shown(series, read(written(layout))), ["v.x", "v.y"]);
});
test("what is moved, pinned and hidden stays so, and a new series comes behind", () => {
  let layout = moved(plain(), panels(freezer, plain()), "power", "temperature");
  assert.deepEqual(shown(freezer, layout), ["power/power_state", "temperature/door", "setpoint"]);
  layout = { ...layout, pinned: toggled([], "setpoint") };
  assert.deepEqual(shown(freezer, layout)[0], "setpoint");
  layout = { ...layout, hidden: ["power", "door"] };
  assert.deepEqual(shown([...freezer, of("humidity", "%")], layout), ["setpoint", "temperature/power_state", "humidity"]);
  assert.deepEqual(toggled(["setpoint"], "setpoint"), []);
});
test("a state stands under the chart the viewer chose, as long as that is there", () => {
  const layout = { ...plain(), under: { door: "setpoint" } };
  assert.deepEqual(shown(freezer, layout), ["temperature", "setpoint/door", "power/power_state"]);
  assert.deepEqual(shown(freezer, { ...layout, hidden: ["setpoint"] }), ["temperature/door", "power/power_state"]);
});
test("metrics named like what every object has are laid out", () => {
  const series = [of("constructor"), of("__proto__"), of("toString", "", "boolean")];
  assert.deepEqual(shown(series), ["constructor/toString", "__proto__"]);
  const layout = Object.assign(plain(), { axes: JSON.parse('{"__proto__":{"min":1,"max":2,"log":false}}') });
  assert.deepEqual(Object.entries(read(written(layout)).axes), [["__proto__", { min: 1, max: 2, log: false }]]);
});
test("a filter finds by every word of a name or unit", () => {
  assert.ok(matches({ metric: "motor.x_rms", unit: "g" }, "X motor", "Motor x RMS"));
  assert.ok(!matches({ metric: "motor.x_rms", unit: "g" }, "motor pump", "Motor x RMS"));
  assert.ok(matches({ metric: "m1", unit: "g", label: "Bearing" }, "bear", "Bearing"));
});
test("a layout in an address comes back as it was, and whatever is none is the plain one", () => {
  const layout = { ...joined(plain(), panels(freezer, plain())[0], panels(freezer, plain())[2]), pinned: ["setpoint"], axes: { temperature: { min: -30, max: null, log: false } } };
  assert.equal(written(read(written(layout))), written(layout));
  assert.equal(written(plain()), "");
  for (const text of [null, "", "7", "null", "[]", '{"pinned":7,"together":[[1]],"under":{"a":1},"axes":{"a":{"min":2,"max":1},"b":{"min":"x"},"c":null}}', '{"hidden":', `{"order":["${"x".repeat(9000)}"]}`]) {
    const { axes, ...rest } = read(text);
    assert.equal(written({ ...plain(), ...rest, axes: {} }), "", text);
    for (const limits of Object.values(axes)) assert.deepEqual(limits, { min: null, max: null, log: false });
  }
});
test("a link shows its layout, and one's own is kept", () => {
  const kept = { /** @type {string|null} */ layout: null, keep(/** @type {string} */ text) { this.layout = text; } };
  const address = (/** @type {string} */ query) => ({ query, search() { return this.query; }, show(/** @type {string} */ text) { this.query = text; } });
  const first = address("?window=1h");
  new LayoutStore(first, kept).keep({ ...plain(), hidden: ["power"] });
  assert.equal(new URLSearchParams(first.query).get("window"), "1h");
  const later = address("?window=5m");
  assert.deepEqual(new LayoutStore(later, kept).layout.hidden, ["power"]);
  assert.match(later.query, /charts=/);
  assert.deepEqual(new LayoutStore(address(""), null).layout.hidden, []);
  // Somebody else's link is shown and does not become one's own.
  assert.deepEqual(new LayoutStore(address(`?${new URLSearchParams({ charts: '{"pinned":["x"]}' })}`), kept).layout.hidden, []);
  assert.deepEqual(new LayoutStore(address(""), kept).layout.hidden, ["power"]);
  new LayoutStore(later, kept).keep(plain());
  assert.equal(later.query, "?window=5m");
  assert.equal(kept.layout, "");
});
