/** Topics that nobody reads, most of them mistyped: how much came on each, and what was probably meant. */

import { ago, counted, number } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { moment } from "../time/moment.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

/** @typedef {{topic: string, messages: number, first_seen: number, last_seen: number, uid: string, advice: string}} UnreadTopic */

export class UnreadTopics {
  read = inTurn(() => this.#read());

  /** Shown only while there are any: nobody needs a list of no mistakes. */
  async #read() {
    try {
      const { total, messages, topics } = await get("/api/v1/unread-topics/");
      byId("unread").hidden = !messages;
      setText(byId("unread-count"), t("{messages} on {topics}", { messages: counted(messages, "message"), topics: counted(total, "topic") }) + (total > topics.length ? t(", the last {shown} shown", { shown: number(topics.length, 0) }) : ""));
      byId("unread-topics").replaceChildren(...topics.map(row));
    } catch {
      byId("unread").hidden = true; // the list of messages below says what is wrong
    }
  }
}

/** @param {UnreadTopic} found */
function row(found) {
  const heard = t("{messages} · last {ago}", { messages: counted(found.messages, "message"), ago: ago(serverNow() - found.last_seen) });
  return el("li", {},
    el("div", { class: "who" }, el("span", { class: "uid mono", text: found.topic }), el("span", { class: "small soft heard", text: heard }),
      el("span", { class: "small quiet", text: t("first {first_seen}", { first_seen: moment(found.first_seen) }) })),
    el("div", { class: "what" }, el("span", { text: found.advice.charAt(0).toUpperCase() + found.advice.slice(1) })));
}
