/** When alerts of a series stood, as its chart marks it: a tint, and the limit as a line. */

/** @typedef {import("../alerts/standing.js").Alert} Alert */

export class AlertSpans {
  constructor() {
    /** by metric @type {Map<string, Alert[]>} */ this.byMetric = new Map();
    this.version = 0;
  }

  /** These and no others; those of the whole device are on no chart. @param {Alert[]} alerts */
  take(alerts) {
    this.byMetric = new Map();
    for (const alert of alerts) {
      if (alert.metric) this.byMetric.set(alert.metric, [...(this.byMetric.get(alert.metric) ?? []), alert]);
    }
    this.version += 1;
  }

  /** @param {string} metric */
  of(metric) {
    return this.byMetric.get(metric) ?? [];
  }

  /** Those that stood at a time. @param {string} metric @param {number} at */
  at(metric, at) {
    return this.of(metric).filter(({ started, cleared }) => at >= started && at <= (cleared ?? Infinity));
  }

  /** Lines beside those of the device. @param {string} metric @param {{value: number, label: string}[]} lines */
  limits(metric, lines) {
    const all = [...lines];
    for (const { limit, rule_name: label } of this.of(metric)) {
      if (limit !== null && !all.some(({ value }) => value === limit)) all.push({ value: limit, label });
    }
    return all;
  }
}

const TINT = 0.13;
const EDGE = 3; // px

/**
 * @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number, bottom: number}} area @param {Alert[]} alerts
 * @param {(at: number) => number} x @param {{colours: Record<string, string>, now: number, tint?: boolean}} o
 */
export function drawAlerts(context, area, alerts, x, { colours, now, tint = true }) {
  context.save();
  for (const { started, cleared, severity } of alerts) {
    const end = x(cleared ?? now);
    if (end < area.left || x(started) > area.right) continue;
    const a = Math.max(area.left, x(started));
    const b = Math.min(area.right, Math.max(end, a + 2));
    context.fillStyle = colours[severity];
    context.globalAlpha = 1;
    context.fillRect(a, tint ? area.top : area.top - EDGE - 1, b - a, EDGE);
    context.globalAlpha = TINT;
    if (tint) context.fillRect(a, area.top, b - a, area.bottom - area.top);
  }
  context.restore();
}
