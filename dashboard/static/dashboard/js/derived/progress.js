/** How far a backfill is, in a share and in words. Pure. */

import { number } from "../page/format.js";

/** @param {import("./derived-list.js").Backfill|null} backfill @returns {{isRunning: boolean, share: number, said: string}} */
export function progress(backfill) {
  if (!backfill) return { isRunning: false, share: 0, said: "" };
  const { state, from, to, left_to: left, rows, estimate, error } = backfill;
  const isRunning = state === "running";
  // By rows, as far as they were counted ahead; otherwise by the time that is done.
  const share = estimate > rows ? rows / estimate : (to - left) / Math.max(1, to - from);
  const done = `${number(rows, 0)} results`;
  const said = {
    running: estimate > rows ? `${number(rows, 0)} of about ${number(estimate, 0)} results` : done,
    done: `${done} computed.`,
    cancelled: `Cancelled after ${done}.`,
    failed: `Failed after ${done}: ${error}`,
  };
  return { isRunning, share: Math.min(1, Math.max(0, share)), said: said[/** @type {keyof said} */ (state)] ?? "" };
}
