/** Topics that nobody reads, most of them mistyped: how much came on each, and what was probably meant. */

import { ago, counted } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { get } from "../page/rest.js";
import { moment } from "../time/moment.js";
import { serverNow } from "../time/clock.js";

/** @typedef {{topic: string, messages: number, first_seen: number, last_seen: number, uid: string, advice: string}} UnreadTopic */

export class UnreadTopics {
  /** Shown only while there are any: nobody needs a list of no mistakes. */
  async read() {
    try {
      const { total, messages, topics } = await get("/api/v1/unread-topics/");
      byId("unread").hidden = !messages;
      setText(byId("unread-count"), `${counted(messages, "message")} on ${counted(total, "topic")}${total > topics.length ? `, the last ${topics.length} shown` : ""}`);
      byId("unread-topics").replaceChildren(...topics.map(row));
    } catch {
      byId("unread").hidden = true; // the list of messages below says what is wrong
    }
  }
}

/** @param {UnreadTopic} found */
function row(found) {
  const heard = `${counted(found.messages, "message")} · last ${ago(serverNow() - found.last_seen)}`;
  return el("li", {},
    el("div", { class: "who" }, el("span", { class: "uid mono", text: found.topic }), el("span", { class: "small soft heard", text: heard }),
      el("span", { class: "small quiet", text: `first ${moment(found.first_seen)}` })),
    el("div", { class: "what" }, el("span", { text: found.advice.charAt(0).toUpperCase() + found.advice.slice(1) })));
}
