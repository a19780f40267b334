/** What maintenance does: each job, how it went, and how far the summaries are behind. */

import { ago, duration, number } from "../page/format.js";
import { byId, el, setMark, setText, stateMark } from "../page/element.js";
import { t } from "../page/language.js";

/** @typedef {{ name: string, every_ms: number, running: boolean, failing: boolean, started_at: number|null, succeeded_at: number|null,
 *   failed_at: number|null, did_at: number|null, runs: number, failures: number, failures_in_row: number, error: string,
 *   seconds: number, did: string }} Job */
/** @typedef {{ name: string, worked_at: number|null, failed_at: number|null, failing: boolean, error: string }} Follower */
/** @typedef {{ commits: number, commits_age_ms: number, minutes: number, oldest_minute: number|null }} Backlog */

const OVERDUE = 3; // times its interval without a success
const SLACK = 60_000; // ms beyond that: one that comes every 2 s may take longer than it waits
const BEHIND = 60_000; // ms of the oldest commit not read
const IDLE = 15 * 60_000; // ms in which some job is done, while any process does them

const LABELS = /** @type {Record<string, string>} */ ({
  make_days: t("Room for the days ahead"), roll_up: t("Summaries"), forget_commits: t("Trim the commit log"), merge_commits: t("Shorten the commit log"),
  drop_readings: t("Drop old readings"), drop_minutes: t("Drop old minutes"), trim_series: t("Delete what rules keep shorter"), purge_deleted_series: t("Purge deleted series"),
  trim_quarantine: t("Trim quarantine"), forget_alerts: t("Forget old alerts"), forget_sessions: t("Forget expired sessions"), forget_pipeline_past: t("Forget old counts of workers"), watch_broker_store: t("Look at what the broker keeps"), tend: t("Vacuum or compress"), alerts: t("Judge rules"), notifications: t("Send notifications"),
  presence: t("Note who is away"), forget_presence: t("Forget old presence"),
  delete_removed_devices: t("Delete removed devices for good"),
  derived: t("Compute derived series"), heartbeat: t("Say that it lives"), tend_notifications: t("Trim the delivery log"),
  forget_former_readings: t("Forget former readings"), pack: t("Pack old readings"), note_bursts: t("Note bursts in quarantine"), forget_log: t("Forget the old log"),
  forget_audit: t("Forget the old audit log"), correct_readings: t("Carry out long corrections"), forget_decisions: t("Forget old decisions"), deciding: t("Decide who is told"),
  mentions: t("Tell who was named"), number_log: t("Number the log"), "broker-accounts": t("Give devices their accounts"), "broker-claims": t("Answer devices that register themselves"),
});

/** @param {{name: string}} job */
export const nameOf = ({ name }) => LABELS[name] ?? name;

/** How a job stands: as a state, and in words. @param {Job} job @param {number} now @returns {{ state: string, word: string }} */
export function standing(job, now) {
  if (job.failing) return { state: "silent", word: job.failures_in_row > 1 ? t("failed {failures_in_row} times", { failures_in_row: job.failures_in_row }) : t("failed") };
  if (job.succeeded_at === null) return { state: "waiting", word: t("not run yet") };
  const since = now - job.succeeded_at;
  const when = ago(since);
  if (since > OVERDUE * job.every_ms + SLACK) return { state: "offline", word: t("last done {when}", { when }) };
  return { state: "online", word: t("done {when}", { when }) };
}

/** What a person should know beside it. @param {Job} job */
export function remark(job) {
  if (job.failing) return job.error;
  return [job.seconds >= 1 ? t("took {duration}", { duration: duration(job.seconds * 1000) }) : "", job.did].filter(Boolean).join(" · ");
}

/** What the engine does stands with the jobs; it goes on all the time. @param {Follower} follower @returns {Job} */
export function asJob(follower) {
  return { ...follower, every_ms: 0, running: true, started_at: null, succeeded_at: follower.worked_at, did_at: null, runs: 0,
    failures: 0, failures_in_row: follower.failing ? 1 : 0, seconds: 0, did: "" };
}

/** For how long no process has done any job, in ms; 0 while one does. @param {Job[]} jobs @param {Backlog} backlog @param {number} now */
export function idle(jobs, backlog, now) {
  const last = Math.max(0, ...jobs.map((job) => Math.max(job.succeeded_at ?? 0, job.failed_at ?? 0)));
  const since = last ? now - last : backlog.commits_age_ms;
  return since > IDLE ? since : 0;
}

/** How far the summaries are behind, in a sentence. @param {Backlog} backlog @param {boolean} isIdle nobody makes them */
export function behind(backlog, isIdle) {
  const said = { commits: number(backlog.commits, 0), commits_age_ms: duration(backlog.commits_age_ms) };
  const late = backlog.commits_age_ms <= BEHIND ? "" : isIdle ? t("{commits} commits wait for maintenance, the oldest for {commits_age_ms}", said)
    : t("{commits} commits wait for a transaction that is still open, the oldest for {commits_age_ms}", said);
  const minutes = backlog.minutes > 1 ? t("{minutes} minutes are still to be summarised", { minutes: number(backlog.minutes, 0) }) : "";
  return [late, minutes].filter(Boolean).join(" · ") || t("summaries are up to date");
}

export class Jobs {
  constructor() {
    /** @type {Map<string, { row: HTMLElement, mark: HTMLElement, note: HTMLElement, key: string }>} */ this.rows = new Map();
  }

  /** @param {Job[]} jobs @param {Backlog} backlog @param {number} now ms */
  show(jobs, backlog, now) {
    setText(byId("backlog"), behind(backlog, idle(jobs, backlog, now) > 0));
    for (const job of jobs) {
      const { mark, note, row } = this.#row(job);
      const { state, word } = standing(job, now);
      setMark(mark, state, word);
      setText(note, remark(job));
      row.classList.toggle("is-bad", job.failing);
    }
  }

  #row(/** @type {Job} */ job) {
    let found = this.rows.get(job.name);
    if (!found) {
      const mark = stateMark("waiting", "");
      const note = el("span", { class: "quiet note" });
      const row = el("li", {}, el("span", { text: nameOf(job) }), mark, note);
      byId("jobs").append(row);
      found = { row, mark, note, key: job.name };
      this.rows.set(job.name, found);
    }
    return found;
  }
}
