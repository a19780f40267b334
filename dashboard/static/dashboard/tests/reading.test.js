/** What is unread of the log, and what is told as read. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Reading } from "../js/log/reading.js";

const counts = (/** @type {number} */ total) => ({ total, at_least: false, mentions: 0, sites: {}, devices: {}, threads: {} });
const entry = (/** @type {number} */ place) => /** @type {any} */ ({ id: place, place, kind: "said", deleted: false });

/** A log of which five entries are unread; its answers come when they are let out. */
function server() {
  /** @type {[string, (answer?: any) => void, (error: Error) => void][]} */ const waiting = [];
  /** @type {any[]} */ const asked = [];
  const said = (/** @type {string} */ method, /** @type {any} */ body = null) => {
    asked.push([method, body]);
    return new Promise((resolve, reject) => waiting.push([method, resolve, reject]));
  };
  const rest = /** @type {any} */ ({ get: () => said("GET"), send: (/** @type {string} */ method, /** @type {string} */ _, /** @type {any} */ body) => said(method, body) });
  return { asked, waiting, reading: new Reading(rest) };
}

const settled = async () => { for (let turn = 0; turn < 10; turn += 1) await null; };

test("what is read is told when it is known how much was new", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { asked, waiting, reading } = server();
    /** @type {number[]} */ const shown = [];
    reading.addEventListener("counts", () => shown.push(reading.counts?.total ?? -1));
    reading.mark(entry(8));
    mock.timers.tick(1_000);
    await settled();
    assert.deepEqual(asked, [["GET", null]]);
    reading.mark(entry(9)); // read meanwhile
    waiting[0][1](counts(5));
    await settled();
    assert.deepEqual(asked.slice(1), [["POST", { read_to: 9 }]]);
    waiting[1][1](counts(0));
    await settled();
    assert.deepEqual(shown, [5, 0]);
  } finally {
    mock.timers.reset();
  }
});

test("what is read is told also where nobody says how much was new", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { asked, waiting, reading } = server();
    reading.mark(entry(8));
    mock.timers.tick(1_000);
    await settled();
    waiting[0][2](new Error("no network"));
    await settled();
    assert.deepEqual(asked[1], ["POST", { read_to: 8 }]);
  } finally {
    mock.timers.reset();
  }
});
