/** What all charts of a page leave beside their value axis: as much as the widest label of any, so that their times stand above each other. */

const LEAST = 40; // px
const STEP = 8; // px it grows and shrinks by, so that a digit more does not move the page

export class AxisRoom {
  /** @param {{style: {setProperty: (name: string, value: string) => void}}} area @param {string} [property] of it that is told
   * @param {number} [least] px left where no chart asks for any */
  constructor(area, property = "--axis", least = LEAST) {
    this.area = area;
    this.property = property;
    this.least = least;
    /** @type {Map<object, number>} px, by chart */ this.wanted = new Map();
    this.width = 0;
    this.#measure();
  }

  /** @param {object} chart @param {number} px its widest label with what stands around it */
  want(chart, px) {
    if (this.wanted.get(chart) === px) return;
    this.wanted.set(chart, px);
    this.#measure();
  }

  /** @param {object} chart that is gone */
  leave(chart) {
    if (this.wanted.delete(chart)) this.#measure();
  }

  #measure() {
    const width = STEP * Math.ceil(Math.max(this.least, ...this.wanted.values()) / STEP);
    if (width === this.width) return;
    this.width = width;
    this.area.style.setProperty(this.property, `${width}px`);
  }
}
