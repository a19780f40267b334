/** How fine a limit is set on a chart. Pure. */

const DIGITS = 3; // significant digits of the axis that a dragged value keeps

/** A value as coarse as the axis lets one point at it, or as the series is written. @param {number} value @param {number} span of the axis
 * @param {number|null} precision decimals of the series */
export function rounded(value, span, precision) {
  const step = stepOf(span, precision);
  const decimals = Math.max(0, Math.min(20, -Math.floor(Math.log10(step) + 1e-9)));
  return Number((Math.round(value / step) * step).toFixed(decimals));
}

/** What an arrow key moves by. @param {number} span @param {number|null} precision */
export function stepOf(span, precision) {
  const fine = 10 ** (Math.floor(Math.log10(span || 1)) + 1 - DIGITS);
  return precision === null ? fine : Math.max(fine, 10 ** -precision);
}
