/** Who has a page open now. */

import { connection, keepRead } from "../live/live.js";
import { el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { initials } from "./words.js";
import { inTurn } from "../page/in-turn.js";
import { me } from "./desk.js";
import { tn } from "../page/language.js";

const SHOWN = 5; // names beside the title; more are counted
const EVERY = 30_000; // ms between two questions: who is gone says nothing
const SOON = 1_000; // ms in which those who come and go are asked for together

/** @param {HTMLElement} area */
export function followHere(area) {
  let due = false;
  const read = inTurn(async () => {
    due = false;
    try {
      show(area, (await get("/api/v1/log/here/")).people);
    } catch {
      area.hidden = true; // nobody knows now
    }
  });
  const ask = () => {
    if (due) return;
    due = true;
    setTimeout(read, SOON);
  };
  connection.on("log_here", ask);
  keepRead([], ask, read);
  setInterval(() => !document.hidden && ask(), EVERY);
}

/** @param {HTMLElement} area @param {{name: string}[]} people */
function show(area, people) {
  const names = people.map(({ name }) => name).filter((name) => name !== me);
  area.hidden = names.length === 0;
  const key = names.join("\n");
  if (area.dataset.key === key) return;
  area.dataset.key = key;
  area.title = names.join(", ");
  area.replaceChildren(...names.slice(0, SHOWN).map((name) => el("span", { class: "avatar", text: initials(name), attrs: { "aria-hidden": "true" } })), el("span", { class: "quiet" }));
  setText(area.lastElementChild, tn("{names} is here", "{names} are here", names.length, { names: names.length > SHOWN ? `${names.slice(0, SHOWN).join(", ")} +${names.length - SHOWN}` : names.join(", ") }));
}
