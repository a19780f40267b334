/**
 * What the page was told is deleted: nothing asks for it any more, whoever planned to. What was under way is left
 * off, and who asked waits until it is back, so that no refusal covers what the page says of it. Pure.
 */

/** @typedef {{kind: "device"|"site", name: string, back: Promise<void>, ask: () => void}} Gone */

/** @type {Set<Gone>} */ const all = new Set();
/** @type {Set<{path: string, abort: AbortController}>} */ const underWay = new Set();

/** It is deleted, or is about to be. @param {Gone["kind"]} kind @param {string} name its uid or slug */
export function stopAsking(kind, name) {
  if ([...all].some((gone) => gone.kind === kind && gone.name === name)) return;
  let ask = () => {};
  /** @type {Promise<void>} */ const back = new Promise((done) => { ask = done; });
  all.add({ kind, name, back, ask });
  for (const { path, abort } of underWay) if (goneOf(path)) abort.abort();
}

/** It is back, or was not deleted after all. @param {Gone["kind"]} kind @param {string} name */
export function askAgain(kind, name) {
  for (const gone of all) {
    if (gone.kind !== kind || gone.name !== name) continue;
    all.delete(gone);
    gone.ask();
  }
}

/** The answer of `ask`, once what the path is about is there. @template T
 * @param {string} path @param {AbortSignal|undefined} signal of who asks @param {(signal: AbortSignal) => Promise<T>} ask @returns {Promise<T>} */
export async function whileThere(path, signal, ask) {
  for (;;) {
    for (let gone = goneOf(path); gone; gone = goneOf(path)) await gone.back;
    const request = { path, abort: new AbortController() };
    underWay.add(request);
    try {
      return await ask(signal ? AbortSignal.any([signal, request.abort.signal]) : request.abort.signal);
    } catch (error) {
      if (!goneOf(path)) throw error;
    } finally {
      underWay.delete(request);
    }
  }
}

/** Of what is gone, what a path is about: `/…/devices/{uid}/…` or `?device={uid}`. @param {string} path */
function goneOf(path) {
  const { pathname, searchParams } = new URL(path, "http://here");
  const steps = pathname.split("/");
  return [...all].find(({ kind, name }) => searchParams.get(kind) === name || steps[steps.indexOf(`${kind}s`) + 1] === encodeURIComponent(name));
}
