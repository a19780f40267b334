import assert from "node:assert/strict";
import { test } from "node:test";

import { asJob, behind, idle, remark, standing } from "../js/pipeline/jobs.js";

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const job = { name: "drop_readings", every_ms: HOUR, running: false, failing: false, started_at: NOW, succeeded_at: NOW - 60_000,
  failed_at: null, did_at: null, runs: 1, failures: 0, failures_in_row: 0, error: "", seconds: 0.2, did: "" };

test("a job says when it was done, that it failed, or that it is overdue", () => {
  assert.equal(standing(job, NOW).state, "online");
  assert.deepEqual(standing({ ...job, succeeded_at: NOW }, NOW), { state: "online", word: "done just now" });
  assert.deepEqual(standing({ ...job, succeeded_at: null }, NOW), { state: "waiting", word: "not run yet" });
  assert.equal(standing({ ...job, succeeded_at: NOW - 3 * HOUR }, NOW).state, "online");
  assert.equal(standing({ ...job, succeeded_at: NOW - 4 * HOUR }, NOW).state, "offline");
  assert.equal(standing({ ...job, every_ms: 2_000, succeeded_at: NOW - 30_000 }, NOW).state, "online"); // it may take a while
  const failed = { ...job, failing: true, failures_in_row: 3, error: "a reader is at it" };
  assert.deepEqual(standing(failed, NOW), { state: "silent", word: "failed 3 times" });
  assert.equal(remark(failed), "a reader is at it");
});

test("a follower stands with the jobs, and is overdue after a minute without a word", () => {
  const follower = { name: "alerts", worked_at: NOW - 2_000, failed_at: null, failing: false, error: "" };
  assert.equal(standing(asJob(follower), NOW).state, "online");
  assert.equal(standing(asJob({ ...follower, worked_at: NOW - 70_000 }), NOW).state, "offline");
  assert.equal(standing(asJob({ ...follower, worked_at: null }), NOW).state, "waiting");
  const failed = asJob({ ...follower, failing: true, failed_at: NOW, error: "no such table" });
  assert.equal(standing(failed, NOW).state, "silent");
  assert.equal(remark(failed), "no such table");
});

test("what it did and how long it took stand beside it", () => {
  assert.equal(remark(job), "");
  assert.match(remark({ ...job, seconds: 12, did: "dropped reading_20260101" }), /^took 12\s?.+ · dropped reading_20260101$/);
});

test("a backlog is said, and a transaction that holds it up", () => {
  const none = { commits: 3, commits_age_ms: 900, minutes: 1, oldest_minute: NOW };
  assert.equal(behind(none, true), "summaries are up to date");
  assert.equal(behind(none, false), "summaries are up to date");
  assert.equal(behind({ ...none, minutes: 43_200 }, false).replace(/\s/g, " "), "43 200 minutes are still to be summarised");
  assert.match(behind({ ...none, commits_age_ms: 600_000 }, false), /commits wait for a transaction that is still open/);
  assert.match(behind({ ...none, commits_age_ms: 600_000 }, true), /commits wait for maintenance, the oldest for 10/);
});

test("maintenance is away when no job was done or tried for a quarter of an hour", () => {
  const none = { commits: 0, commits_age_ms: 0, minutes: 0, oldest_minute: null };
  assert.equal(idle([job, { ...job, succeeded_at: NOW - 9 * HOUR }], none, NOW), 0);
  assert.equal(idle([{ ...job, succeeded_at: NOW - 3 * HOUR }, { ...job, succeeded_at: NOW - 2 * HOUR }], none, NOW), 2 * HOUR);
  assert.equal(idle([{ ...job, succeeded_at: NOW - 3 * HOUR, failed_at: NOW - 1_000 }], none, NOW), 0); // that is said as what it is
  assert.equal(idle([{ ...job, succeeded_at: null }], none, NOW), 0);
  assert.equal(idle([{ ...job, succeeded_at: null }], { ...none, commits_age_ms: HOUR }, NOW), HOUR);
});
