/** A chart is dragged by its heads: onto another one to be drawn over it, between two to stand there. */

const TYPE = "application/x-pulseboard-chart"; // what is dragged is a chart of this page
const EDGE = 0.3; // share of a chart's height in which what is dropped stands before or behind it

/** @type {import("./chart-card.js").ChartCard|null} what is being dragged */ let dragged = null;

/** @param {import("./chart-card.js").ChartCard} card @param {import("./card-acts.js").CardActs} acts */
export function wireDragging(card, acts) {
  const { element } = card;
  const grip = /** @type {HTMLElement} */ (card.grip);
  grip.draggable = true;
  const zone = (/** @type {DragEvent} */ event) => {
    const { top, height } = element.getBoundingClientRect();
    const at = (event.clientY - top) / height;
    if (at < EDGE) return "before";
    if (at > 1 - EDGE) return "after";
    return dragged && acts.joins(dragged, card) ? "over" : at < 0.5 ? "before" : "after";
  };
  grip.addEventListener("dragstart", (event) => {
    dragged = card;
    event.dataTransfer?.setData(TYPE, card.key);
    element.classList.add("is-dragged");
  });
  grip.addEventListener("dragend", () => {
    dragged = null;
    element.classList.remove("is-dragged");
  });
  element.addEventListener("dragover", (event) => {
    if (!dragged || dragged === card) return;
    event.preventDefault();
    element.dataset.drop = zone(event);
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(/** @type {Node|null} */ (event.relatedTarget))) delete element.dataset.drop;
  });
  element.addEventListener("drop", (event) => {
    const { drop } = element.dataset;
    delete element.dataset.drop;
    if (!dragged || dragged === card || !drop) return;
    event.preventDefault();
    const what = dragged;
    const { cards } = acts.charts;
    if (drop === "over") acts.join(what, card);
    else acts.move(what, drop === "before" ? card.key : cards[cards.indexOf(card) + 1]?.key ?? null);
  });
}
