/** How far a backfill is, in a share and in words. Pure. */

import { counted, number } from "../page/format.js";
import { t } from "../page/language.js";

/** @param {import("./derived-list.js").Backfill|null} backfill @returns {{isRunning: boolean, share: number, said: string}} */
export function progress(backfill) {
  if (!backfill) return { isRunning: false, share: 0, said: "" };
  const { state, from, to, left_to: left, rows, estimate, error } = backfill;
  const isRunning = state === "running";
  // By rows, as far as they were counted ahead; otherwise by the time that is done.
  const share = estimate > rows ? rows / estimate : (to - left) / Math.max(1, to - from);
  const done = counted(rows, "result");
  const said = {
    running: estimate > rows ? t("{rows} of about {estimate} results", { rows: number(rows, 0), estimate: number(estimate, 0) }) : done,
    done: t("{done} computed.", { done }),
    cancelled: t("Cancelled after {done}.", { done }),
    failed: t("Failed after {done}: {error}", { done, error }),
  };
  return { isRunning, share: Math.min(1, Math.max(0, share)), said: said[/** @type {keyof said} */ (state)] ?? "" };
}
