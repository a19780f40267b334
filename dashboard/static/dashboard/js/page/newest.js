/**
 * Of what is asked for one place of a page only the newest asking counts: an older answer, and how an older one failed, is dropped.
 * For what follows a person's choice. A list that events have read again is for `inTurn` or `ListReading`: of asking that never ends
 * none would be shown here. Pure.
 * @template {any[]} A @template T
 * @param {(...of: A) => Promise<T>} ask @param {(answer: T, ...of: A) => void} show @param {(error: any, ...of: A) => void} [failed]
 * @returns {((...of: A) => Promise<void>) & {forget: () => void}} asks; `forget`: nothing that was asked counts any more
 */
export function newest(ask, show, failed = () => {}) {
  let turn = 0;
  const asks = async (/** @type {A} */ ...of) => {
    turn += 1;
    const mine = turn;
    let answer;
    try {
      answer = await ask(...of);
    } catch (error) {
      if (mine === turn) failed(error, ...of);
      return;
    }
    if (mine === turn) show(answer, ...of);
  };
  return Object.assign(asks, { forget: () => { turn += 1; } });
}
