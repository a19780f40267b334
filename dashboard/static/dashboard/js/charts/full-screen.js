/** One chart alone, as large as the window, with the controls of time above it. */

import { byId } from "../page/element.js";

export class FullScreen {
  /** @param {{cards: import("./chart-card.js").ChartCard[]}} charts */
  constructor(charts) {
    this.charts = charts;
    /** @type {import("./chart-card.js").ChartCard|null} */ this.card = null;
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.card || document.querySelector("dialog[open], details.menu[open]")) return;
      event.stopImmediatePropagation();
      this.leave();
    }, { capture: true });
  }

  /** @param {import("./chart-card.js").ChartCard} card */
  toggle(card) {
    if (this.card === card) this.leave();
    else this.#enter(card);
  }

  #enter(/** @type {import("./chart-card.js").ChartCard} */ card) {
    this.leave();
    this.card = card;
    byId("charts-column").classList.add("is-full");
    card.element.classList.add("is-full");
  }

  leave() {
    if (!this.card) return;
    byId("charts-column").classList.remove("is-full");
    this.card.element.classList.remove("is-full");
    this.card.element.scrollIntoView({ block: "nearest" });
    this.card = null;
  }
}
