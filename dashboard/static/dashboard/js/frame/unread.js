/** How much of the log is unread: beside its name in the rail of every page; and the ways into it from any page. */

import { byId } from "../page/element.js";
import { connection, keepRead } from "../live/live.js";
import { offer } from "../palette/offers.js";
import { setCount } from "./badge.js";
import { reading } from "../log/reading.js";
import { t } from "../page/language.js";
import { typing } from "./frame.js";

function show() {
  const { total, mentions } = reading.counts ?? { total: 0, mentions: 0 };
  const bubble = byId("log-count");
  setCount(bubble, total, mentions ? "@" : "");
  bubble.classList.toggle("names-me", mentions > 0);
}

export function showUnread() {
  if (!document.getElementById("log-count")) return;
  const me = JSON.parse(byId("viewer").textContent);
  reading.addEventListener("counts", show);
  connection.on("log", ({ entry }) => (entry === null || (entry.kind === "said" && entry.author?.name !== me)) && reading.ask());
  connection.on("log_read", () => reading.ask()); // it comes to one's own pages alone
  keepRead([], () => reading.ask());
  document.addEventListener("visibilitychange", () => !document.hidden && reading.ask());
  const write = async () => (await import("../log/write.js")).writeHere();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "w" || typing(event)) return;
    event.preventDefault();
    write();
  });
  offer(t("Write in the log about this view"), t("note entry message"), write);
  offer(t("Hand over the shift"), t("log summary report"), () => {
    const here = document.getElementById("hand-over-open");
    if (here) here.click();
    else location.assign("/log/#hand-over");
  });
}
