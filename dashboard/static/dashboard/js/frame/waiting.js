/** How many devices wait in the inbox: beside its name on every page, and in a line where a page has one. */

import { byId, setText } from "../page/element.js";
import { setCount } from "./badge.js";
import { connection, keepRead } from "../live/live.js";
import { get } from "../page/rest.js";
import { number } from "../page/format.js";
import { tn } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

const SOON = 2_000; // ms between two questions while devices keep appearing

let timer = 0;
/** the first question @type {Promise<unknown>} */ let first = Promise.resolve();

const read = inTurn(async () => {
  timer = 0;
  try {
    const { total } = await get("/api/v1/inbox/?limit=0");
    setCount(byId("waiting-count"), total);
    const line = document.getElementById("waiting-line");
    if (!line) return;
    line.hidden = !total;
    setText(line.querySelector("span"), tn("{n} device waits in the inbox", "{n} devices wait in the inbox", total, { n: number(total, 0) }));
  } catch {
    // The inbox itself says what is wrong.
  }
});

export function showWaiting() {
  if (!document.getElementById("waiting-count")) return;
  connection.on("inbox", () => {
    if (!timer) timer = setTimeout(read, SOON);
  });
  document.addEventListener("visibilitychange", () => !document.hidden && read());
  first = keepRead([], read);
}

/** When it has been asked for the first time: what stands below the line has its place then. */
export function waitingRead() {
  return first;
}
