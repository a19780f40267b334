import assert from "node:assert/strict";
import { test } from "node:test";

import { OpenRecord } from "../js/page/open-record.js";

const one = { id: 1, name: "one" };
const other = { id: 2, name: "other" };

/** @param {{id: number, name: string}|null} record */
function opened(record) {
  /** @type {OpenRecord<{id: number, name: string}>} */ const form = new OpenRecord();
  form.open(record);
  return form;
}

test("what was sent is what is open until another is opened, a new one until anything is", () => {
  const form = opened(one);
  const sent = form.sent();
  form.open({ ...one, name: "changed by somebody" });
  assert.equal(sent.isStillOpen(), true);
  form.open(other);
  assert.equal(sent.isStillOpen(), false);
  const fresh = opened(null);
  const made = fresh.sent();
  assert.equal(made.isStillOpen(), true);
  fresh.open(null);
  assert.equal(made.isStillOpen(), false);
});

test("saved, it is written only where something was written meanwhile", () => {
  const form = opened(null);
  form.wrote();
  const sent = form.sent();
  sent.saved(one);
  assert.deepEqual([form.record, form.isWritten, sent.isAsSent()], [one, false, true]);
  const next = form.sent();
  form.wrote();
  next.saved({ ...one, name: "later" });
  assert.deepEqual([form.record?.name, form.isWritten, next.isAsSent()], ["later", true, false]);
});

test("an answer that comes when another is open changes nothing of it", () => {
  const form = opened(one);
  const sent = form.sent();
  form.open(other);
  form.wrote();
  sent.saved({ ...one, name: "saved" });
  assert.deepEqual([form.record, form.isWritten], [other, true]);
});
