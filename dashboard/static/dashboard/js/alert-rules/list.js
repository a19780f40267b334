/** The alert rules by name: how each stands, and its switch. */

import { ago, counted, number } from "../page/format.js";
import { byId, el, icon, setText } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { OpenList } from "../page/open-list.js";
import { roleAt } from "../page/role.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

const SEVERITIES = /** @type {Record<string, string>} */ ({ critical: t("Critical"), warning: t("Warning"), info: t("Info") });

/**
 * @typedef {{id: number, name: string, enabled: boolean, severity: string, site: string|null, device: string|null, uid_pattern: string, kind: string,
 *   tag: string, metric: string, condition: any, schedule: any, labels: Record<string, string>, text: string, runbook: string, applies: string,
 *   holds: string, created_by: string|null, updated_at: string, targets: number, firing: number, pending: number, last_fired: number|null, stands_at: string|null}} AlertRule
 */
export class AlertRuleList extends OpenList {
  /** @param {{chosen: (rule: AlertRule) => void, shown: (rules: AlertRule[]) => void}} of */
  constructor(of) {
    super(byId("rules"));
    this.of = of;
    /** @type {AlertRule[]} */ this.rules = [];
  }

  /** Raises what `get` raises. @override */
  async read() {
    this.rules = (await get("/api/v1/alert-rules/")).rules;
    this.show();
    this.of.shown(this.rules);
  }

  /** @override */
  show() {
    this.replace(this.rules.map((rule) => this.#row(rule)));
    byId("rules-empty").hidden = this.rules.length > 0;
    setText(byId("rules-empty"), t("No rule yet: nothing is judged."));
    setText(byId("count"), this.rules.length ? t("{on} of {all} on", { on: number(this.rules.filter((rule) => rule.enabled).length, 0), all: number(this.rules.length, 0) }) : "");
  }

  #row(/** @type {AlertRule} */ rule) {
    const said = el("p", { class: "error", attrs: { role: "alert", hidden: "" } });
    const word = rule.enabled ? t("On") : t("Off");
    const turn = el("button", {
      class: "button tiny", text: word, data: { act: `on-${rule.id}`, needs: "administrator" },
      attrs: { type: "button", role: "switch", "aria-checked": String(rule.enabled), "aria-label": `${word}: ${rule.name}`, title: word },
      on: { click: () => this.carryOut(() => send("PATCH", `/api/v1/alert-rules/${rule.id}/`, { enabled: !rule.enabled }), said) },
    });
    const open = this.opener(rule.id, () => this.of.chosen(rule), el("b", { text: rule.name }), el("span", { class: "small soft", text: rule.holds ? `${rule.applies}: ${rule.holds}` : rule.applies }), this.#stands(rule));
    if (!rule.holds) open.append(el("span", { class: "small error" }, icon("i-warn"), t(" This version cannot use it.")));
    const row = el("li", { data: { role: roleAt(rule.stands_at) } }, open, el("div", { class: "acts" }, turn), said);
    row.classList.toggle("is-chosen", rule.id === this.open);
    row.classList.toggle("is-off", !rule.enabled);
    return row;
  }

  #stands(/** @type {AlertRule} */ rule) {
    const ok = Math.max(0, rule.targets - rule.firing - rule.pending);
    const parts = [
      el("span", { class: "severity", text: SEVERITIES[rule.severity] ?? rule.severity, data: { severity: rule.severity } }),
      ...(rule.firing ? [el("span", { class: "firing", text: t("{firing} firing", { firing: number(rule.firing, 0) }), data: { severity: rule.severity } })] : []),
      ...(rule.pending ? [el("span", { text: t("{pending} pending", { pending: number(rule.pending, 0) }) })] : []),
      el("span", { text: rule.targets ? (rule.enabled ? t("{ok} ok", { ok: number(ok, 0) }) : counted(rule.targets, rule.metric ? "series" : "device")) : t("fits nothing now") }),
      el("span", { text: rule.last_fired === null ? t("never fired") : t("fired {ago}", { ago: ago(Math.max(0, serverNow() - rule.last_fired)) }) }),
    ];
    return el("span", { class: "small quiet rule-state" }, ...parts);
  }
}

/** "12 series of 3 devices". @param {{total: number, devices: number}} found @param {boolean} ofSeries */
export const targetsInWords = ({ total, devices }, ofSeries) => (ofSeries ? t("{total} series of {devices}", { total: number(total, 0), devices: counted(devices, "device") }) : counted(total, "device"));
