/**
 * One reading at a time, and one more after it when it was asked for meanwhile: no older answer is shown over a newer one, and a
 * hundred events cost two readings. What is given back waits until what was asked for is shown.
 * @param {() => Promise<any>} read @returns {() => Promise<void>}
 */
export function inTurn(read) {
  /** @type {Promise<void>|null} */ let running = null;
  let again = false;
  const run = async () => {
    try {
      do {
        again = false;
        await read();
      } while (again);
    } finally {
      running = null;
    }
  };
  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
