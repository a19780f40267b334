/** The device page on paper: light, every chart in a size that fits the sheet, and the window as a range of dates. */

import { byId, setText } from "../page/element.js";
import { moment, zoneName } from "../time/moment.js";

/** @param {import("../time/time-line.js").TimeLine} timeLine @param {import("../charts/chart-cards.js").ChartCards} charts */
export function wirePaper(timeLine, charts) {
  const root = document.documentElement;
  /** @type {string|undefined} */ let theme;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    const { from, to } = timeLine.bounds();
    setText(byId("paper-range"), `${moment(from)} – ${moment(to)} ${zoneName()}`);
    charts.toPaper();
  });
  addEventListener("afterprint", () => {
    if (theme === undefined) delete root.dataset.theme;
    else root.dataset.theme = theme;
    charts.fromPaper();
  });
}
