/** A list beside a form: one of it is open, and each is changed in place. */

import { el } from "./element.js";

export class OpenList {
  /** @param {HTMLElement} area */
  constructor(area) {
    this.area = area;
    /** @type {number|null} */ this.open = null;
  }

  /** Each list's own: reads it and shows it. */
  async read() {}

  /** Each list's own: shows what was read. */
  show() {}

  /** @param {number|null} id */
  mark(id) {
    this.open = id;
    this.show();
  }

  /** These rows and no others: the button that had the focus has it again. @param {HTMLElement[]} rows */
  replace(rows) {
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.act;
    this.area.replaceChildren(...rows);
    if (focused) /** @type {HTMLElement|null} */ (this.area.querySelector(`[data-act="${CSS.escape(focused)}"]`))?.focus();
  }

  /** The part of a row that opens it. @param {number} id @param {() => void} chosen @param {...HTMLElement} said */
  opener(id, chosen, ...said) {
    return el("button", {
      class: "open", attrs: { type: "button", ...(id === this.open ? { "aria-current": "true" } : {}) }, data: { act: `open-${id}` }, on: { click: chosen },
    }, ...said);
  }

  /** The list is read again; what went wrong stands in the row. @param {() => Promise<any>} work @param {HTMLElement} said */
  async carryOut(work, said) {
    try {
      await work();
      await this.read();
    } catch (error) {
      said.hidden = false;
      said.textContent = /** @type {Error} */ (error).message;
    }
  }
}
