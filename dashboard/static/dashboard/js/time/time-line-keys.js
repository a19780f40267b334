/** Pausing, panning and zooming a time line, and going from mark to mark, by keys; the page's help lists them. */

import { MarkSteps } from "./mark-steps.js";
import { PRESETS } from "./timespan.js";
import { typing } from "../frame/frame.js";

const PAN = 0.2; // share of the window an arrow key moves

/** @param {import("./time-line.js").TimeLine} timeLine @param {import("./marks.js").Marks} marks
 * @param {readonly {name: string}[]} presets that the digits pick */
export function wireKeys(timeLine, marks, presets = PRESETS) {
  const steps = new MarkSteps(marks, timeLine);
  const keys = new Map(Object.entries({
    p: () => timeLine.togglePause(), " ": () => timeLine.togglePause(),
    l: () => timeLine.backToLive(), Escape: () => timeLine.escape(),
    ArrowLeft: () => timeLine.pan(-PAN), ArrowRight: () => timeLine.pan(PAN),
    n: () => steps.go(1), N: () => steps.go(-1),
    "+": () => timeLine.zoom(0.5), "=": () => timeLine.zoom(0.5), "-": () => timeLine.zoom(2),
  }));
  presets.forEach(({ name }, i) => keys.set(String((i + 1) % 10), () => timeLine.preset(name)));
  document.addEventListener("keydown", (event) => {
    const onControl = ["BUTTON", "A", "SUMMARY"].includes(/** @type {HTMLElement} */ (event.target).tagName);
    const act = keys.get(event.key);
    if (!act || typing(event) || (event.key === " " && onControl)) return;
    event.preventDefault();
    act();
  });
}
