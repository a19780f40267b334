/** A text of the log as elements: built one by one from its tree, so that nothing written can become markup. */

import { el } from "../page/element.js";
import { leadsTo, parse } from "./markdown.js";

/** @param {string} text @param {{mentions?: string[], me?: string}} [meant] who is meant by @name, and who looks @returns {HTMLElement} */
export function written(text, { mentions = [], me = "" } = {}) {
  return el("div", { class: "written" }, ...parse(text, mentions).map((block) => blockOf(block, me)));
}

/** @param {import("./markdown.js").Block} block @param {string} me @returns {HTMLElement} */
function blockOf(block, me) {
  if (block.type === "pre") return el("pre", { class: "payload", text: block.text, attrs: { tabindex: "0" } });
  if (block.type === "quote") return el("blockquote", {}, ...block.blocks.map((one) => blockOf(one, me)));
  if (block.type === "p") return el("p", {}, ...inlineOf(block.inside, me));
  const items = block.items.map((item) => el("li", {}, ...inlineOf(item, me)));
  if (block.start === null) return el("ul", {}, ...items);
  return el("ol", { attrs: block.start === 1 ? {} : { start: String(block.start) } }, ...items);
}

/** @param {import("./markdown.js").Inline[]} inside @param {string} me @returns {(HTMLElement|string)[]} */
function inlineOf(inside, me) {
  return inside.map((one) => {
    switch (one.type) {
      case "text": return one.text;
      case "break": return el("br");
      case "code": return el("code", { text: one.text });
      case "mention": return el("b", { class: one.name === me ? "mention is-me" : "mention", text: `@${one.name}` });
      case "tag": return el("a", { class: "tag", text: `#${one.name}`, attrs: { href: `/log/?tag=${encodeURIComponent(one.name)}` } });
      case "link": return linkTo(one.href, one.text);
      default: return el(one.type, {}, ...inlineOf(one.inside, me));
    }
  });
}

/** One to others opens beside the page, and does not tell them where one came from. @param {string} href @param {string} text */
function linkTo(href, text) {
  const host = leadsTo(href, text);
  const where = host && el("span", { class: "quiet host", text: ` (${host})` });
  return el("a", { class: "link", attrs: { href, ...(href.startsWith("/") ? {} : { target: "_blank", rel: "noopener noreferrer" }) } }, text, where);
}
