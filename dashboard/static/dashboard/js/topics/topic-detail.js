/** One topic: its last message, what was read of it, by whom, and why not by others. */

import { byId, el, stateMark } from "../page/element.js";
import { size } from "../page/format.js";
import { markOf } from "./topic-tree.js";
import { newest } from "../page/newest.js";
import { moment } from "../time/moment.js";
import { readings } from "../page/readings.js";
import { send } from "../page/rest.js";
import { recognised, t } from "../page/language.js";

const NAMES = /** @type {Record<string, string>} */ ({ pulseboard: "Pulseboard", unread: t("Nobody"), rules: t("A rule of yours") });

export class TopicDetail {
  constructor() {
    this.topic = "";
    this.explain = newest((/** @type {string} */ topic) => send("POST", "/api/v1/topics/explain/", { topic }),
      (said, topic) => byId("detail").replaceChildren(titleOf(topic), ...parts(said)),
      ({ message }, topic) => byId("detail").replaceChildren(titleOf(topic), el("p", { class: "soft", attrs: { role: "alert" }, text: message }),
        el("button", { class: "button tiny", text: t("Try again"), on: { click: () => this.show(topic) } })));
  }

  /** @param {string} topic */
  show(topic) {
    const again = this.topic === topic;
    this.topic = topic;
    const place = byId("detail");
    place.hidden = false;
    if (!again) place.replaceChildren(titleOf(topic), el("p", { class: "quiet", text: t("Loading") }));
    this.explain(topic);
  }
}

/** @param {string} topic */
const titleOf = (topic) => el("header", {}, el("h2", { class: "mono", text: topic, attrs: { id: "detail-title" } }));

/** @returns {HTMLElement[]} */
function parts(/** @type {any} */ said) {
  const reader = said.rules.length ? t("the rule “{name}”", { name: said.rules[0] }) : NAMES[said.reader] ?? said.reader;
  const rule = el("a", { class: "button tiny", text: t("Write a rule for it"), attrs: { href: `/rules/?new&topic=${encodeURIComponent(said.topic)}` } });
  const [claiming, others] = /** @type {any[][]} */ ([said.conventions.filter((/** @type {any} */ each) => each.claim > 0), said.conventions.filter((/** @type {any} */ each) => !each.claim)]);
  claiming.sort((a, b) => b.claim - a.claim);
  const found = [
    el("p", { class: "facts" }, stateMark(markOf(said.verdict), said.verdict), el("span", { text: t("read by {reader}", { reader }) }),
      el("span", { class: "small quiet", text: `${moment(said.at)} · ${size(said.size)}${said.whole ? "" : t(" · cut, so judged by its beginning")}` })),
    el("pre", { class: "payload", text: said.payload || t("(empty)"), attrs: { tabindex: "0", role: "group", "aria-label": t("Payload") } }),
    ...said.problems.map((/** @type {any} */ problem) => el("p", { class: "soft", text: recognised(problem.detail) })),
    ...said.devices.map(device),
    el("p", { class: "acts" }, rule),
    el("h3", { text: t("Who would read it") }),
    el("ul", { class: "why" }, ...claiming.map((each) => claim(each, said.reader))),
    el("details", {}, el("summary", { class: "link", text: t("Why the other {length} do not", { length: others.length }) }), el("ul", { class: "why" }, ...others.map((each) => claim(each, said.reader)))),
  ];
  return found;
}

function claim(/** @type {any} */ each, /** @type {string} */ reader) {
  const row = el("li", {}, el("span", { text: NAMES[each.name] ?? each.name }), el("span", { class: "claim", text: String(each.claim), attrs: { title: t("certain, of 100") } }), el("span", { class: "reason small", text: recognised(each.why) }));
  row.classList.toggle("is-reader", each.name === reader);
  return row;
}

function device(/** @type {any} */ said) {
  const who = el("p", { class: "facts" }, el("a", { class: "link mono", text: said.uid, attrs: { href: `/devices/${encodeURIComponent(said.uid)}/` } }));
  if (said.online !== null) who.append(stateMark(said.online ? "online" : "offline"));
  return el("div", {}, who, ...said.samples.map((/** @type {any} */ sample) => readings(sample.values, said.units)));
}
