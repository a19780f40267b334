/** The one control of every page for what it shows now: live, stopped, or without a connection. */

import { byId, setMark, setText } from "../page/element.js";
import { connection } from "../live/live.js";
import { control, DOES } from "./connection-words.js";
import { serverNow } from "../time/clock.js";

/** @typedef {{live: () => boolean, to: () => number, toggle: () => void}} PageTime  of a page whose time can be stopped */

/** @type {PageTime|null} */ let time = null;

/** A page has a time of its own. @param {PageTime} offered */
export function offerTime(offered) {
  time = offered;
  showControl();
}

const now = () => control(connection.state, connection.trouble(), time && { live: time.live(), to: time.to() }, serverNow());

export function showControl() {
  const { mark, word, does } = now();
  const button = byId("connection");
  setMark(button, mark, word);
  button.disabled = does === null;
  button.title = does ? DOES[does].title : "";
  const act = button.querySelector(".act");
  act.hidden = !does || !DOES[does].word;
  setText(act, does ? DOES[does].word : "");
}

export function wireControl() {
  byId("connection").addEventListener("click", () => {
    const { does } = now();
    if (does === "retry") connection.hurry();
    else if (does) time?.toggle();
    showControl();
  });
}
