/**
 * A map without tiles: positions on a plane, north up, true to scale around their middle; dots that would cover each other are one. Pure.
 */

const METRES = 111_320; // of a degree of latitude
const LEAST = 60; // metres the picture is wide at least: positions of one building are no better known
const ROOM = 36; // px kept free at each edge
const NEAR = 22; // px: dots closer than this are one

/** @typedef {[number, number]} Position  latitude and longitude in degrees */

/** A longitude near another, also over the 180th meridian. */
const near = (/** @type {number} */ longitude, /** @type {number} */ other) => other + ((((longitude - other + 180) % 360) + 360) % 360) - 180;

/**
 * @param {Position[]} positions at least one @param {number} width px @param {number} height px
 * @returns {{place: (position: Position) => [number, number], metresAPixel: number}}
 */
export function projection(positions, width, height) {
  const first = positions[0][1];
  const north = Math.max(...positions.map(([latitude]) => latitude));
  const south = Math.min(...positions.map(([latitude]) => latitude));
  const longitudes = positions.map(([, longitude]) => near(longitude, first));
  const middle = /** @type {Position} */ ([(north + south) / 2, (Math.max(...longitudes) + Math.min(...longitudes)) / 2]);
  const eastward = METRES * Math.max(0.01, Math.cos((middle[0] * Math.PI) / 180));
  const wide = Math.max(LEAST, (Math.max(...longitudes) - Math.min(...longitudes)) * eastward);
  const high = Math.max(LEAST, (north - south) * METRES);
  const metresAPixel = Math.max(wide / Math.max(1, width - 2 * ROOM), high / Math.max(1, height - 2 * ROOM));
  return {
    metresAPixel,
    place: ([latitude, longitude]) => [
      width / 2 + ((near(longitude, middle[1]) - middle[1]) * eastward) / metresAPixel,
      height / 2 - ((latitude - middle[0]) * METRES) / metresAPixel,
    ],
  };
}

/** The longest of 1, 2, 5, 10 … metres that is not wider than this. @param {number} metresAPixel @param {number} px */
export function scaleBar(metresAPixel, px) {
  const most = Math.max(1, metresAPixel * px);
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (/** @type {number} */ ([5, 2, 1].find((step) => step * power <= most * (1 + 1e-9))));
  return { metres, px: metres / metresAPixel };
}

const LETTER = 6.6; // px of a letter, about
const BESIDE = 14; // px from the middle of a dot to its name
const HALF = 9; // px of a name's height to each side
const DOT = 12; // px around the middle of a dot

/**
 * On which side each name stands: where it covers no dot and no other name, and is not cut. The first ones choose first.
 * @param {{x: number, y: number, name: string}[]} dots an empty name asks for no room @param {number} width px
 * @returns {("right"|"left"|null)[]} null: there is no room
 */
export function sides(dots, width) {
  /** @type {[number, number, number, number][]} left, right, top, bottom */
  const taken = dots.map(({ x, y }) => [x - DOT, x + DOT, y - DOT, y + DOT]);
  return dots.map(({ x, y, name }, own) => {
    if (!name) return null;
    const long = name.length * LETTER;
    for (const side of /** @type {const} */ (["right", "left"])) {
      const left = side === "right" ? x + BESIDE : x - BESIDE - long;
      const box = /** @type {[number, number, number, number]} */ ([left, left + long, y - HALF, y + HALF]);
      const covers = taken.some((other, i) => i !== own && other[0] < box[1] && other[1] > box[0] && other[2] < box[3] && other[3] > box[2]);
      if (box[0] < 0 || box[1] > width || covers) continue;
      taken.push(box);
      return side;
    }
    return null;
  });
}

/**
 * Dots that would cover each other, together; the order stays. @template T
 * @param {T[]} things @param {(thing: T) => [number, number]} at px @returns {{x: number, y: number, things: T[]}[]}
 */
export function grouped(things, at) {
  /** @type {{x: number, y: number, things: T[]}[]} */ const groups = [];
  for (const thing of things) {
    const [x, y] = at(thing);
    const found = groups.find((group) => Math.hypot(group.x - x, group.y - y) < NEAR);
    if (found) found.things.push(thing);
    else groups.push({ x, y, things: [thing] });
  }
  return groups;
}
