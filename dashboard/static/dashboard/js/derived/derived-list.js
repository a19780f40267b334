/** The derived series: what each is, how it goes, and its switch. */

import { byId, el, icon, setText } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { OpenList } from "../page/open-list.js";
import { progress } from "./progress.js";
import { roleAt } from "../page/role.js";
import { t } from "../page/language.js";

/**
 * @typedef {{name: string, series: number|null, device: string, metric: string, unit: string, hold: number, deleted: boolean}} Input
 * @typedef {{state: string, from: number, to: number, left_to: number, rows: number, estimate: number, error: string}} Backfill
 * @typedef {{id: number, series: any, device: string, device_name: string, stands_at: string|null, formula: string, at: string, inputs: Input[],
 *   enabled: boolean, state: string, problem: string, revision: number, computed_at: number|null, backfill: Backfill|null}} Derived
 */

const WORDS = /** @type {Record<string, string>} */ ({ current: t("Up to date"), computing: t("Computing"), failing: t("Cannot be computed"), off: t("Off"), stopped: t("Stopped") });

/** @param {Derived} derived */
export const nameOf = (derived) => derived.series.label || `${derived.device_name} ${derived.series.metric}`;

export class DerivedList extends OpenList {
  /** @param {(derived: Derived) => void} chosen */
  constructor(chosen) {
    super(byId("derived"));
    this.chosen = chosen;
    /** @type {Derived[]} */ this.all = [];
  }

  /** Raises what `get` raises. @override */
  async read() {
    this.all = (await get("/api/v1/derived/")).derived;
    this.show();
  }

  /** @override */
  show() {
    this.replace(this.all.map((derived) => this.#row(derived)));
    byId("derived-empty").hidden = this.all.length > 0;
    setText(byId("derived-empty"), t("No series is derived yet."));
    setText(byId("count"), this.all.length ? `${this.all.length}` : "");
  }

  #row(/** @type {Derived} */ derived) {
    const name = nameOf(derived);
    const isTrouble = derived.state === "failing" || derived.state === "stopped";
    const state = el("span", { class: isTrouble ? "is-trouble" : "" }, icon(isTrouble ? "i-warn" : derived.state === "current" ? "i-check" : "i-more"), WORDS[derived.state] ?? derived.state);
    const open = this.opener(derived.id, () => this.chosen(derived), el("b", { text: name }), el("span", { class: "small quiet mono", text: derived.formula }), el("span", { class: "small soft facts" }, state, el("span", { text: derived.series.unit })));
    const said = el("p", { class: "error", attrs: { role: "alert", hidden: "" } });
    const word = derived.enabled ? t("On") : t("Off");
    const on = el("button", {
      class: "button tiny", text: word, attrs: { type: "button", role: "switch", "aria-checked": String(derived.enabled), "aria-label": `${word}: ${name}` }, data: { act: `on-${derived.id}`, needs: "administrator" },
      on: { click: () => this.carryOut(() => send("PATCH", `/api/v1/derived/${derived.id}/`, { enabled: !derived.enabled }), said) },
    });
    const row = el("li", { data: { role: roleAt(derived.stands_at) } }, open, on, said);
    const backfill = progress(derived.backfill);
    if (backfill.isRunning) row.append(el("progress", { attrs: { max: "1", value: String(backfill.share), "aria-label": t("Earlier results of {name}", { name }) } }), el("span", { class: "small quiet", text: backfill.said }));
    row.classList.toggle("is-chosen", derived.id === this.open);
    return row;
  }
}
