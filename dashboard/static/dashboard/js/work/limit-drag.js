/** Limits dragged on the chart they stand on, and saved when one says so. */

import { el, toast } from "../page/element.js";
import { plain, writeLimits } from "./limit-rows.js";
import { humanise } from "../page/format.js";
import { RestError } from "../page/rest.js";
import { t } from "../page/language.js";

/** @typedef {import("./limit-rows.js").Line} Line */

/** Put handles on the chart of a metric until they are saved or given up.
 * @param {any} device the page's facts @param {{edit: (metric: string, handles: any[], moved?: (field: string, value: number, isDone: boolean) => void) => void}} charts
 * @param {string} metric */
export function dragLimits(device, charts, metric) {
  document.querySelector(".work-dragging")?.remove();
  const was = plain(device.thresholds?.[metric] ?? []);
  const mine = was.map((line) => ({ ...line }));
  const shown = (/** @type {Line[]} */ lines) => { device.thresholds = { ...device.thresholds, [metric]: lines }; };
  const handles = () => mine.map(({ value, label, op }, at) => ({ field: String(at), value, label: label || (op === "below" ? t("Too low") : t("Too high")) }));
  const draw = () => {
    shown(mine);
    charts.edit(metric, handles(), (field, value) => {
      mine[Number(field)].value = value;
      shown(mine);
    });
  };
  const said = el("span", { text: mine.length ? t("Drag the limits of {metric}, or use the arrow keys.", { metric: humanise(metric) }) : t("{metric} has no limit yet.", { metric: humanise(metric) }) });
  const end = (/** @type {Line[]} */ lines) => {
    shown(lines);
    charts.edit(metric, []);
    bar.remove();
  };
  const save = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: t("Save"), on: { click: async () => {
    save.disabled = true;
    try {
      await writeLimits(device.uid, metric, mine, was);
      end(mine);
      toast(t("Saved."));
    } catch (error) {
      save.disabled = false;
      if (error instanceof RestError && error.status === 409 && error.body?.now) {
        end(plain(error.body.now.lines));
        dragLimits(device, charts, metric);
        toast(t("Somebody else moved them meanwhile: this is how they stand now."));
      } else said.textContent = `${t("Not saved.")} ${/** @type {Error} */ (error).message}`;
    }
  } } }));
  const add = (/** @type {"above"|"below"} */ op) => el("button", { class: "button", text: op === "above" ? t("Limit above") : t("Limit below"), on: { click: () => {
    mine.push({ value: start(device, metric), label: "", op });
    draw();
  } } });
  const bar = el("section", { class: "work-dragging", attrs: { "aria-label": t("Limits") } }, said, add("above"), add("below"), save,
    el("button", { class: "button", text: t("Cancel"), on: { click: () => end(was) } }));
  document.body.append(bar);
  draw();
}

/** Where a new line begins: at the newest value, which is in sight. */
function start(/** @type {any} */ device, /** @type {string} */ metric) {
  const latest = device.series.find((/** @type {any} */ one) => one.metric === metric)?.latest;
  return typeof latest?.[1] === "number" ? latest[1] : 0;
}
