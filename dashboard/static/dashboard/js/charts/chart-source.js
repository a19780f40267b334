/** What a chart is told of one series: its readings, its limits, and what stands on it. */

/** The lines an operator wants on a metric's chart; a metric may be named `constructor`. @param {any} device @param {string} metric */
export const thresholdsOf = ({ thresholds = {} }, metric) => (Object.hasOwn(thresholds, metric) ? thresholds[metric] : []);

/**
 * What all charts beside each other share. A series of another device than the page's says which: `of`. `marks` and the right room: of a page that has them; `hasTimes`: each has its times under it;
 * `lastHeard`: when the device was heard last, ms; `resolution`: ms of the buckets that all of them show, said once for all.
 * @typedef {{device: any, timeLine: import("../time/time-line.js").TimeLine, rooms: {left: import("./axis-room.js").AxisRoom, right?: import("./axis-room.js").AxisRoom},
 *   heard: (device: any) => import("./heard.js").Heard, alerts: import("./alert-spans.js").AlertSpans, marks?: import("../time/marks.js").Marks, hasTimes: boolean,
 *   lastHeard?: () => number|null, resolution?: () => number|null}} ChartPage
 * @param {any} series @param {ChartPage} page @param {string} colourName
 * @returns {import("./live-chart.js").ChartSource & {device: string}}
 */
export function sourceOf(series, { device: own, timeLine, heard, alerts, marks }, colourName) {
  const device = series.of ?? own;
  return {
    series, colourName, heard: () => heard(device), alerts, marks, device: device.uid, points: () => timeLine.points(series.id),
    get thresholds() { return alerts.limits(series.metric, thresholdsOf(device, series.metric)); },
    get expectedInterval() { return device.expected_interval; },
  };
}
