/** What every page with a time line of its own does with it: its keys, the bar's control, and what a hidden page or a finger beside the charts means. */

import { marks } from "./marks.js";
import { offerTime } from "../frame/connection-control.js";
import { wireKeys } from "./time-line-keys.js";

const RENEW = 5_000; // ms between two looks whether a history is to be loaded anew

/** @param {import("./time-line.js").TimeLine} timeLine @param {readonly {name: string}[]} [presets] that the digits pick, if not all */
export function wireTimePage(timeLine, presets) {
  offerTime({ live: () => timeLine.span.mode === "live", to: () => timeLine.bounds().to, toggle: () => timeLine.togglePause() });
  wireKeys(timeLine, marks, presets);
  setInterval(() => timeLine.renew(), RENEW);
  document.addEventListener("visibilitychange", () => document.hidden && timeLine.interrupted());
  // Where a finger pointed stays marked until it taps beside the charts.
  document.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" && !/** @type {Element} */ (event.target).closest(".plot, .time-axis")) timeLine.point(null);
  });
}
