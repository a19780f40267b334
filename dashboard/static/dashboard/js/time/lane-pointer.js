/** What a pointer does on a lane: it says what is there; a click opens a mark, or goes to the stretch. */

import { el, setText } from "../page/element.js";

const AROUND = 0.25; // of a stretch, shown on both sides of it
const LEAST = 60_000; // ms shown of a stretch

/** @param {import("./status-lane.js").StatusLane} lane @param {import("./time-line.js").TimeLine} timeLine */
export function wireLane(lane, timeLine) {
  const tip = el("p", { class: "lane-tip", attrs: { hidden: "" } });
  lane.area.append(tip);
  lane.area.addEventListener("pointermove", (event) => {
    const at = lane.timeAt(event.clientX);
    const { marks, stretch } = lane.at(at);
    const lines = [...marks.map(({ text }) => text), lane.said(stretch)];
    setText(tip, lines.join("\n"));
    tip.hidden = false;
    const { left, width } = lane.area.getBoundingClientRect();
    const isRight = event.clientX - left > width / 2;
    tip.style.left = isRight ? "auto" : `${event.clientX - left}px`;
    tip.style.right = isRight ? `${left + width - event.clientX}px` : "auto";
    if (event.pointerType === "mouse") timeLine.point(at, { series: 0, touch: false });
  });
  lane.area.addEventListener("pointerleave", () => {
    tip.hidden = true;
    timeLine.point(null);
  });
  lane.area.addEventListener("click", (event) => {
    const { marks, stretch } = lane.at(lane.timeAt(event.clientX));
    const opens = marks.find(({ open }) => open);
    if (opens?.open) opens.open();
    else if (stretch) {
      const around = Math.max(LEAST, (stretch.to - stretch.from) * AROUND);
      timeLine.select(stretch.from - around, stretch.to + around);
    }
  });
}
