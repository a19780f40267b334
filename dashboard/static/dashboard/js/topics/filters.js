/** Filters of the viewer's that the bridge listens to beside those of conventions and rules. */

import { byId, el, icon } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { t } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

export class Filters {
  constructor() {
    this.read = inTurn(() => this.#read());
    byId("listen").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const wanted = byId("listen-to").value.trim();
      if (wanted) {
        this.#carryOut(async () => {
          await send("POST", "/api/v1/listening/filters/", { filter: wanted });
          byId("listen-to").value = "";
        });
      }
    });
  }

  async #read() {
    try {
      const { filters, settings } = await get("/api/v1/listening/");
      byId("own-filters").replaceChildren(...settings.map((/** @type {string} */ text) => el("li", {}, el("span", { class: "mono", text }), el("span", { class: "small quiet", text: t("of the settings") }))),
        ...filters.map((/** @type {{id: number, filter: string}} */ each) => el("li", {}, el("span", { class: "mono", text: each.filter }), el("button", {
          data: { needs: "administrator" },
          class: "button bare square", attrs: { type: "button", "aria-label": t("Listen to {filter} no more", { filter: each.filter }) },
          on: { click: () => this.#carryOut(() => send("DELETE", `/api/v1/listening/filters/${each.id}/`)) },
        }, icon("i-close")))));
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message);
    }
  }

  async #carryOut(/** @type {() => Promise<any>} */ work) {
    this.#say("");
    try {
      await work();
      await this.read();
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message);
    }
  }

  #say(/** @type {string} */ text) {
    byId("listen-error").hidden = !text;
    byId("listen-error").textContent = text;
  }
}
