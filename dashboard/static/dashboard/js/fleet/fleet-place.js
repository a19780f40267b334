/** Where one was in the fleet: kept with the address when a device is opened, and gone back to. */

const HOLD = 1_000; // ms the tile is held in its place while what is above it gets its height
const MOVES = ["wheel", "pointerdown", "keydown"]; // what the viewer moves by: then nothing is held

/** @typedef {{uid: string, top: number}} Place the tile and how far below the window's top it stood, px */

/** @param {unknown} state of the history @returns {Place|null} */
export function placeIn(state) {
  const place = /** @type {any} */ (state)?.place;
  return typeof place?.uid === "string" && Number.isFinite(place.top) ? place : null;
}

/** @param {HTMLElement} list whose tiles lead to devices */
export function keepPlace(list) {
  list.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a.tile");
    const tile = /** @type {HTMLElement|null} */ (link?.parentElement ?? null);
    if (tile && !event.defaultPrevented) history.replaceState({ place: { uid: tile.dataset.uid, top: tile.getBoundingClientRect().top } }, "");
  });
}

/** @param {HTMLElement} list with its tiles in order @param {Place} place its tile may be gone or hidden since */
export function goBackTo(list, { uid, top }) {
  const tile = /** @type {HTMLElement[]} */ ([...list.children]).find((one) => one.dataset.uid === uid);
  if (!tile) return;
  history.scrollRestoration = "manual"; // the browser would scroll again by where tiles stood before
  tile.querySelector("a")?.focus({ preventScroll: true });
  let until = performance.now() + HOLD;
  for (const move of MOVES) addEventListener(move, () => (until = 0), { once: true, passive: true });
  // Tiles get their height when they come near: one jump would miss.
  const hold = () => {
    scrollBy(0, tile.getBoundingClientRect().top - top);
    if (performance.now() < until) requestAnimationFrame(hold);
  };
  hold();
}
