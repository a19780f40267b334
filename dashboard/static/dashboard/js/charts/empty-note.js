/** Why a chart or a lane is empty, and what would fill it. */

import { t } from "../page/language.js";
import { ago } from "../page/format.js";
import { el, setText } from "../page/element.js";

export class EmptyNote {
  /** @param {import("../time/time-line.js").TimeLine} timeLine */
  constructor(timeLine) {
    this.timeLine = timeLine;
    this.element = el("div", { class: "no-data", attrs: { hidden: "" } });
    this.key = "";
  }

  /** @param {boolean} isEmpty @param {[number, number|string]|null} last the newest reading before the window @param {number} now */
  show(isEmpty, last, now) {
    this.element.hidden = !isEmpty;
    if (!isEmpty) return;
    const key = `${last?.[0]}|${this.timeLine.live}`;
    if (this.key !== key) this.#write(key, last);
    if (last) setText(this.element.firstElementChild, t("No readings in this window. Last one {ago}", { ago: ago(now - last[0]) }));
  }

  #write(/** @type {string} */ key, /** @type {[number, number|string]|null} */ last) {
    this.key = key;
    const button = (/** @type {string} */ text, /** @type {() => void} */ click) => [el("span", { text: " — " }), el("button", { class: "link", text, on: { click } })];
    const jump = (/** @type {number} */ at) => {
      const { from, to } = this.timeLine.bounds();
      this.timeLine.select(at - (to - from) * 0.9, at + (to - from) * 0.1);
    };
    const said = el("span", { text: last ? "" : t("No readings in this window, and none before it") });
    const way = last ? button(t("jump there"), () => jump(last[0])) : this.timeLine.live ? [] : button(t("go live"), () => this.timeLine.backToLive());
    this.element.replaceChildren(said, ...way);
  }
}
