import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Sentences } from "../js/page/recognised.js";

const { told, cases } = JSON.parse(readFileSync(new URL("../../../../telemetry/tests/recognised_cases.json", import.meta.url), "utf8"));

test("a sentence is known again whatever stands in it, as Python knows it", () => {
  const sentences = new Sentences(told);
  for (const [text, said] of cases) assert.equal(sentences.said(text), said);
  assert.equal(sentences.said(`${"x".repeat(4_000)} bytes, over 8`).startsWith("xx"), true);
});
