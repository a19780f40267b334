/**
 * One reading at a time, and one more after it when it was asked for meanwhile: no older answer is shown over a newer one, and a
 * hundred events cost two readings. What is given back waits until what was asked for is shown, and no longer: others may ask for ever.
 * @template T @param {() => Promise<T>} read @returns {() => Promise<T>}
 */
export function inTurn(read) {
  /** @type {Promise<T>|null} */ let running = null;
  /** @type {Promise<T>|null} */ let following = null;
  const start = () => {
    const mine = read();
    running = mine;
    const done = () => { running = null; };
    mine.then(done, done);
    return mine;
  };
  const next = () => {
    following = null;
    return start();
  };
  return () => {
    if (following) return following;
    if (!running) return start();
    following = running.then(next, next); // also after one that failed
    return following;
  };
}
