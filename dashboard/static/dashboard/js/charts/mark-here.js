/** What can be done with an instant or a part of time that is marked on the charts: whoever can do something offers it here. */

/**
 * `from` and `until` are ms; `until` null: an instant. `series`: on whose chart, null: all.
 * @typedef {{from: number, until: number|null, series: number|null}} Place
 * @typedef {{words: string, act: (place: Place) => void, ofPart?: boolean}} Offer  `ofPart`: not of an instant
 */

/** @type {Set<Offer>} */ const offers = new Set();

/** @param {string} words on the button @param {(place: Place) => void} act @param {{ofPart?: boolean}} [how] @returns {() => void} takes it away */
export function offerMark(words, act, how = {}) {
  const offer = { words, act, ...how };
  offers.add(offer);
  return () => offers.delete(offer);
}

/** What is offered now. @returns {Offer[]} */
export const offered = () => [...offers];

/** Where something is marked: the kept selection, otherwise the instant that was clicked or the pointer, otherwise the end of the window.
 * @param {{selection: {from: number, to: number}|null, picked: number|null, cursor: number|null, bounds: () => {from: number, to: number}}} timeLine
 * @param {number|null} series @returns {Place} */
export function placeOf(timeLine, series = null) {
  const { selection, picked, cursor } = timeLine;
  if (selection) return { from: selection.from, until: selection.to, series };
  return { from: picked ?? cursor ?? timeLine.bounds().to, until: null, series };
}
