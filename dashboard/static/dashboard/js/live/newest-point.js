/**
 * The newest point of a frame, of two at one instant the first, as it is stored; frames hold what came
 * late as well, so it need not be the last. Pure.
 * @param {[number, number|string, ...number[]][]} points at least one
 */
export function newestPoint(points) {
  return points.reduce((newest, point) => (point[0] > newest[0] ? point : newest));
}
