import assert from "node:assert/strict";
import test from "node:test";
import { bodyOf, exampleOf } from "../js/api/schema-example.js";

const NAMED = {
  Site: { type: "object", properties: { slug: { type: "string" }, made: { type: "string", format: "date-time", readOnly: true } } },
  Tree: { type: "object", properties: { inner: { $ref: "#/components/schemas/Tree" } } },
};
const site = { $ref: "#/components/schemas/Site" };

test("an example has every field with a value of its type", () => {
  const schema = { type: "object", properties: { n: { type: "integer", minimum: 5 }, x: { type: "number" }, on: { type: "boolean" }, kind: { enum: ["a", "b"] }, sites: { type: "array", items: site } } };
  assert.deepEqual(exampleOf(schema, NAMED), { n: 5, x: 0.5, on: true, kind: "a", sites: [{ slug: "text", made: "2026-11-22T06:00:00Z" }] });
});
test("of several forms it is the first, and parts are put together", () => {
  assert.equal(exampleOf({ oneOf: [{ type: "integer" }, { type: "string" }] }, NAMED), 1);
  assert.deepEqual(exampleOf({ allOf: [site, { type: "object", properties: { n: { type: "integer" } } }] }, NAMED).n, 1);
  assert.deepEqual(exampleOf({ type: "object", additionalProperties: { type: "integer" } }, NAMED), { name: 1 });
});
test("what contains itself, or is not there, ends", () => {
  assert.ok(JSON.stringify(exampleOf(NAMED.Tree, NAMED)).includes("…"));
  assert.equal(exampleOf({ $ref: "#/components/schemas/Nothing" }, NAMED), "…");
});
test("what one sends is the example that is given, or all but what only the server writes", () => {
  assert.deepEqual(bodyOf({ "application/json": { schema: site } }, NAMED), { type: "application/json", text: '{\n  "slug": "text"\n}' });
  const given = { "text/plain": { schema: {} }, "application/json": { schema: site, examples: { One: { value: [1] } } } };
  assert.deepEqual(bodyOf(given, NAMED), { type: "application/json", text: "[\n  1\n]" });
  assert.deepEqual(bodyOf({ "text/plain": { schema: { type: "string", example: "a=1" } } }, NAMED), { type: "text/plain", text: "a=1" });
});
