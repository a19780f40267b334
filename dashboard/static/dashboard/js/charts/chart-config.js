/** How Chart.js is set up for a live chart: it lays out the axes, whose ticks are ours, and nothing moves by itself. */

import { drawOver, drawUnder } from "./chart-layers.js";
import { tickLabel, timeTicks } from "../time/time-ticks.js";

const TICK_ROOM = 96; // px of one time label
const BESIDE = 12; // px around the labels of a value axis

/** @param {import("./live-chart.js").LiveChart} live */
export function chartConfig(live) {
  let step = 1; // ms between two ticks
  const value = (/** @type {"left"|"right"} */ side) => {
    const axis = live.axes[side];
    return {
      type: "linear", min: 0, max: 1, position: side, display: side === "left", border: { display: false },
      grid: { drawTicks: false, drawOnChartArea: side === "left" },
      ticks: { padding: 8, autoSkip: false, callback: (/** @type {number} */ _, /** @type {number} */ i) => (axis.blank ? "" : axis.ticks.labels[i]) },
      afterBuildTicks: (/** @type {any} */ scale) => { scale.ticks = axis.ticks.values.map((one) => ({ value: one })); },
      afterFit: (/** @type {any} */ scale) => {
        if (!scale.options.display) return;
        const { ctx } = scale.chart;
        ctx.font = live.paint.font;
        const room = live.rooms[side];
        room?.want(live, axis.blank ? 0 : BESIDE + Math.ceil(Math.max(0, ...axis.ticks.labels.map((label) => ctx.measureText(label).width))));
        scale.width = room?.width ?? scale.width;
      },
    };
  };
  return {
    type: "line",
    data: { datasets: [] }, // the lines are drawn by hand: an object of Chart.js for each of their points took half of every frame
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, events: [],
      layout: { padding: { top: 6, right: 8 } },
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      scales: {
        x: {
          type: "linear", min: 0, max: 1, border: { display: false }, grid: { tickLength: 4, drawOnChartArea: live.hasTimes === false, drawTicks: live.hasTimes },
          ticks: { display: live.hasTimes, maxRotation: 0, autoSkip: false, callback: (/** @type {number} */ at) => tickLabel(at, step) },
          afterBuildTicks: (/** @type {any} */ scale) => {
            const found = timeTicks(scale.min, scale.max, Math.max(2, scale.width / TICK_ROOM));
            ({ step } = found);
            scale.ticks = found.values.map((at) => ({ value: at }));
          },
        },
        y: value("left"),
        right: value("right"),
      },
    },
    plugins: [{
      id: "pulseboard",
      // On a canvas that is in the page Chart.js draws while it is made.
      beforeDatasetsDraw: () => live.chart && drawUnder(live),
      afterDatasetsDraw: () => live.chart && drawOver(live),
    }],
  };
}
