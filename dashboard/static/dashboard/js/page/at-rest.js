/**
 * Does something once nobody has asked for it for `rest` ms, and no later than `most` ms after it was asked for first: who goes on
 * asking must not keep it from being done.
 * @param {() => void} act @param {number} rest @param {number} most
 * @param {{now: () => number, later: (f: () => void, ms: number) => any, cancel: (timer: any) => void}} [world] @returns {() => void} asks
 */
export function atRest(act, rest, most, world = { now: () => performance.now(), later: (f, ms) => setTimeout(f, ms), cancel: (timer) => clearTimeout(timer) }) {
  /** @type {number|null} */ let first = null;
  /** @type {any} */ let timer = null;
  return () => {
    const now = world.now();
    first ??= now;
    world.cancel(timer);
    timer = world.later(() => {
      first = null;
      act();
    }, Math.max(0, Math.min(rest, first + most - now)));
  };
}
