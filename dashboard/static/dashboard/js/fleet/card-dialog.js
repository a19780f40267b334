/** What the cards of a kind show: chosen on one of them, kept on the server, for everybody. */

import { byId, el, setText, toast } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { humanise } from "../page/format.js";
import { inOrder } from "./card.js";
import { inTurn } from "../page/in-turn.js";
import { t } from "../page/language.js";

const OTHERS = 3; // values beside the main one
const NUMBERS = new Set(["gauge", "counter"]);

export class CardDialog {
  /** @param {import("./fleet-list.js").Fleet} fleet */
  constructor(fleet) {
    this.fleet = fleet;
    this.dialog = byId("card-dialog");
    this.form = byId("card-form");
    this.read = inTurn(() => this.#read());
    fleet.list.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const tile = /** @type {Element} */ (event.target).closest(".card-menu")?.closest(".device");
      const device = fleet.roster.devices.get(/** @type {HTMLElement|null|undefined} */ (tile)?.dataset.uid ?? "");
      if (device) this.open(device);
    });
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    });
    byId("card-reset").addEventListener("click", () => this.#reset());
  }

  async #read() {
    const { cards } = await get("/api/v1/cards/");
    this.fleet.dress(cards);
  }

  /** @param {import("./fleet-device.js").FleetDevice} device */
  open(device) {
    this.kind = device.kind;
    const alike = [...this.fleet.roster.devices.values()].filter(({ kind }) => kind === device.kind);
    /** @type {Map<string, any>} */ const metrics = new Map();
    for (const { facts } of alike) for (const one of inOrder(/** @type {any[]} */ (facts.series))) if (!metrics.has(one.metric)) metrics.set(one.metric, one);
    const all = [...metrics.values()];
    const { main, others, word, bar } = device.card;
    this.template = this.fleet.roster.templates.get(device.kind) ?? null;
    setText(byId("card-title"), device.kind ? t("Cards of kind {kind}", { kind: device.kind }) : t("Cards of devices without a kind"));
    this.#offer("card-main", all, main?.metric ?? "", t("The first it sends"));
    for (let i = 0; i < OTHERS; i += 1) this.#offer(`card-other-${i + 1}`, all, others[i]?.metric ?? "", t("Nothing"));
    this.#offer("card-word", all.filter(({ kind }) => !NUMBERS.has(kind)), word?.metric ?? "", t("Nothing"));
    this.#offer("card-bar", all.filter(({ kind }) => NUMBERS.has(kind)), bar?.metric ?? "", t("Nothing"));
    byId("card-reset").hidden = this.template === null;
    byId("card-wrong").hidden = true;
    this.dialog.showModal();
  }

  #offer(/** @type {string} */ id, /** @type {any[]} */ series, /** @type {string} */ chosen, /** @type {string} */ none) {
    const named = series.some(({ metric }) => metric === chosen) || !chosen ? series : [...series, { metric: chosen, label: "" }];
    byId(id).replaceChildren(el("option", { text: none, attrs: { value: "" } }),
      ...named.map((one) => el("option", { text: one.label || humanise(one.metric), attrs: { value: one.metric } })));
    byId(id).value = chosen;
  }

  async #save() {
    const others = Array.from({ length: OTHERS }, (_, i) => byId(`card-other-${i + 1}`).value).filter(Boolean);
    const body = { kind: this.kind, main: byId("card-main").value, others: [...new Set(others)], word: byId("card-word").value, bar: byId("card-bar").value };
    await this.#sent(() => send("PUT", "/api/v1/cards/", body));
  }

  async #reset() {
    await this.#sent(() => send("DELETE", `/api/v1/cards/${this.template?.id}/`));
  }

  async #sent(/** @type {() => Promise<any>} */ act) {
    try {
      await act();
      this.dialog.close();
      toast(t("Cards changed, for everybody."));
      await this.read();
    } catch (error) {
      byId("card-wrong").hidden = false;
      setText(byId("card-wrong"), /** @type {Error} */ (error).message);
    }
  }
}
