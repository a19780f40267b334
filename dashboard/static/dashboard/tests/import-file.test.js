import assert from "node:assert/strict";
import test from "node:test";

import { MOST_BYTES, formatOf, inWordsOfForm, packed, pathOf } from "../js/explore/import-file.js";

test("the ending says the format, also of a packed file", () => {
  assert.deepEqual(["a.CSV", "a.b.parquet", "x.ndjson.gz", "lines.lp", "noted", "a.gz"].map(formatOf), ["csv", "parquet", "ndjson", "influx", "", ""]);
});

test("what the form leaves open is left to the server", () => {
  /** @type {[string, string][]} */ const fields = [["time", ""], ["device_name", " roof "], ["register", "on"], ["tz", "Europe/Berlin"]];
  assert.equal(pathOf("a b.csv", fields, true), "/api/v1/readings/import/?name=a+b.csv&device_name=roof&register=1&tz=Europe%2FBerlin&dry_run=1");
  assert.equal(pathOf("a.csv", [], false), "/api/v1/readings/import/?name=a.csv");
});

test("options of the command are called as the form calls them", () => {
  const label = (/** @type {string} */ field) => ({ device_name: "All of it is of the device" })[field] ?? "";
  assert.equal(inWordsOfForm("--device-name names one, or --again.", label), "“All of it is of the device” names one, or --again.");
});

test("a file that is too large is packed", async () => {
  const small = new File(["time,a\n"], "a.csv");
  assert.equal(await packed(small), small);
  const large = await packed(new File([new Uint8Array(MOST_BYTES + 1)], "b.csv"));
  assert.ok(large.size < MOST_BYTES / 100);
  assert.deepEqual([...new Uint8Array(await large.slice(0, 2).arrayBuffer())], [0x1f, 0x8b]);
});
