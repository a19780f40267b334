/** What fires most, and how soon somebody came. */

import { byId, el } from "../page/element.js";
import { counted, duration, number } from "../page/format.js";
import { get } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";

let days = 7;

/** @param {number|null} seconds */
const length = (seconds) => (seconds === null ? "–" : duration(Math.round(seconds) * 1000));

/** @param {{key: string|number|null, name: string, alerts: number, flaps: number, seconds: number, unacknowledged: number}[]} rows @param {(row: any) => string|null} href */
const lines = (rows, href) => rows.map((row) => {
  const address = href(row);
  const more = [t("{stood} in all", { stood: length(row.seconds) }), row.flaps ? t("came back {flaps}×", { flaps: row.flaps }) : "", row.unacknowledged ? t("{unacknowledged} not acknowledged", { unacknowledged: row.unacknowledged }) : ""];
  return el("li", {}, el("b", { text: number(row.alerts, 0) }), address ? el("a", { class: "clip", text: row.name, attrs: { href: address } }) : el("span", { class: "clip", text: row.name }),
    el("span", { class: "quiet", text: more.filter(Boolean).join(" · ") }));
});

/** Nothing is said when they cannot be read: the list below says what is wrong. */
export const showStatistics = newest(() => get(`/api/v1/alerts/statistics/?days=${days}`), (told) => {
  byId("statistics").hidden = told.alerts === 0 && days === 7;
  byId("statistics-title").textContent = days === 1 ? t("Last 24 hours") : t("Last {days} days", { days });
  const figure = (/** @type {string} */ value, /** @type {string} */ what) => el("p", {}, el("b", { text: value }), el("span", { class: "quiet", text: what }));
  byId("statistics-numbers").replaceChildren(figure(number(told.alerts, 0), counted(told.alerts, "alert").replace(/^\S+ /, "")),
    figure(told.alerts ? `${Math.round((100 * told.acknowledged) / told.alerts)}\u2009%` : "–", t("acknowledged")),
    figure(length(told.median_to_acknowledge), t("until acknowledged, the median")), figure(length(told.slow_to_acknowledge), t("nine of ten were sooner")),
    figure(length(told.median_length), t("one stood, the median")));
  byId("statistics-rules").replaceChildren(...lines(told.rules, () => null));
  byId("statistics-devices").replaceChildren(...lines(told.devices, ({ key }) => `/devices/${encodeURIComponent(key)}/`));
});

/** Another tab is open. */
export function leaveStatistics() {
  showStatistics.forget(); // what is asked comes too late
  byId("statistics").hidden = true;
}

export function wireStatistics() {
  byId("days").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("button"));
    if (!button) return;
    days = Number(button.dataset.days);
    for (const each of byId("days").children) each.setAttribute("aria-pressed", String(each === button));
    showStatistics();
  });
}
