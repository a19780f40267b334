/** Building elements. Text goes in by `textContent`, so data can never become markup; and what nobody sees of it is marked. */

import { clock } from "../time/moment.js";
import { WORDS } from "../presence/presence.js";
import { marked } from "./invisible.js";
import { t } from "./language.js";

const LONG = 11; // characters of a value; a longer one is written smaller rather than cut
const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {{class?: string, text?: string, attrs?: Record<string, string>, data?: Record<string, string>,
 *   on?: Record<string, (event: any) => void>}} Options
 * @param {string} tag @param {Options} [options] @param {...(Node|string)} children
 */
export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  if (options.class) node.className = options.class;
  if (options.text !== undefined) node.textContent = marked(options.text);
  for (const [name, value] of Object.entries(options.attrs ?? {})) node.setAttribute(name, value);
  Object.assign(node.dataset, options.data ?? {});
  for (const [name, listener] of Object.entries(options.on ?? {})) node.addEventListener(name, listener);
  node.append(...children);
  return node;
}

/** A part of a picture. @param {string} tag of SVG @param {Record<string, string|number>} attrs @param {...Node} children */
export function shape(tag, attrs, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {string} name a symbol of icons.html @param {string} [className] */
export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

/** Shape, word and colour of a state or a verdict. @param {string} state @param {string} [word] */
export function stateMark(state, word = /** @type {any} */ (WORDS)[state] ?? state) {
  return el("span", { class: "state", data: { state } }, icon(`m-${state}`, "mark"), el("span", { class: "word", text: word }));
}

/** Change the state of a mark made by `stateMark`. @param {Element} mark @param {string} state @param {string} word */
export function setMark(mark, state, word) {
  if (/** @type {HTMLElement} */ (mark).dataset.state !== state) {
    /** @type {HTMLElement} */ (mark).dataset.state = state;
    mark.querySelector("use")?.setAttribute("href", `#m-${state}`);
  }
  setText(mark.querySelector(".word"), word);
}

/** Touch the page only when the text differs: a second's tick over a thousand ages costs nothing.
 * @param {Element|null} node @param {string} text */
export function setText(node, text) {
  const shown = marked(text);
  if (node && node.textContent !== shown) node.textContent = shown;
}

/** Number and unit with their own weights. @param {Element} node @param {string} text @param {string} unit */
export function setValue(node, text, unit) {
  if (!node.firstChild) node.append(el("span"), el("span", { class: "unit" }));
  setText(node.children[0], text);
  node.classList.toggle("long", text.length > LONG);
  setText(node.children[1], unit ? `\u2009${unit}` : "");
}

/** Bring elements into this order, moving as few as possible. @param {Element} list @param {Element[]} wanted
 * @param {(element: Element) => void} [moved] told of each that was moved */
export function place(list, wanted, moved = () => {}) {
  let next = list.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else {
      list.insertBefore(element, next);
      moved(element);
    }
  }
}

/** These rows and no others, in this order: what has the focus keeps it. @param {Element} list @param {Element[]} rows */
export function showRows(list, rows) {
  const focused = document.activeElement;
  const kept = new Set(rows);
  for (const row of [...list.children]) if (!kept.has(row)) row.remove();
  place(list, rows);
  // What is moved loses it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) focused.focus();
}

/** A button that copies; the mark becomes a check for a moment. @param {HTMLElement} button @param {() => string} text */
export function copies(button, text) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    const use = button.querySelector("use");
    use?.setAttribute("href", "#i-check");
    setTimeout(() => use?.setAttribute("href", "#i-copy"), 1500);
  });
}

/** A short message that leaves by itself. @param {string} text
 * @param {{act: string, run: () => any}} [offered] what can be done about it meanwhile; it stays longer then */
export function toast(text, offered) {
  const node = el("p", { class: "toast", text });
  if (offered) {
    const run = () => {
      node.remove();
      offered.run();
    };
    node.append(el("button", { class: "button tiny", text: offered.act, on: { click: run } }));
  }
  byId("toasts").append(node);
  setTimeout(() => node.remove(), offered ? 10_000 : 5_000);
}

/** What went wrong, since when first, and what can be done about it. @param {HTMLElement} area @param {string} what @param {() => void} retry @param {string} [act] */
export function showTrouble(area, what, retry, act = t("Try again")) {
  const since = area.dataset.since ?? clock(Date.now());
  area.dataset.since = since;
  area.replaceChildren(icon("i-warn"), el("span", { text: t("{what} Since {since}.", { what, since }) }),
    el("button", { class: "button tiny", text: act, on: { click: () => { area.hidden = true; retry(); } } }));
  area.hidden = false;
}

/** It went well: the next trouble is another one. @param {HTMLElement} area */
export function endTrouble(area) {
  area.hidden = true;
  delete area.dataset.since;
}

/** @param {string} name a custom property @returns {string} the colour it resolves to under the present theme */
export function colour(name) {
  const probe = el("span");
  probe.style.color = `var(${name})`;
  probe.hidden = true;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
