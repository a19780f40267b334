/** Charts on paper: every one in a size that fits the sheet, and the window as a range of dates. */

import { byId, setText } from "../page/element.js";
import { moment, zoneName } from "../time/moment.js";

/** @param {import("../time/time-line.js").TimeLine} timeLine @param {import("../charts/chart-cards.js").ChartCards} charts */
export function wirePaper(timeLine, charts) {
  addEventListener("beforeprint", () => {
    const { from, to } = timeLine.bounds();
    setText(byId("paper-range"), `${moment(from)} – ${moment(to)} ${zoneName()}`);
    charts.toPaper();
  });
  addEventListener("afterprint", () => charts.fromPaper());
}
