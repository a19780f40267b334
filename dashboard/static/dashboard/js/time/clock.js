/** The server's time, by which readings are timed: the viewer's own clock may be minutes off. */

const KEPT = 60_000; // ms a sample counts: after that, a clock that was set is believed
const MOST = 64; // samples

/** What was heard of late, oldest first: `ahead` the ms the server's clock was ahead of this one. @type {{at: number, ahead: number}[]} */
let samples = [];
let ahead = 0;

/** A message may have been on its way for seconds, and never for less than nothing: of what was heard of late, the time furthest ahead is nearest.
 * @param {number} serverMs its time as just received */
export function synchronise(serverMs) {
  const at = Date.now();
  samples = samples.filter((sample) => sample.at <= at && sample.at > at - KEPT).slice(1 - MOST);
  samples.push({ at, ahead: serverMs - at });
  ahead = Math.max(...samples.map((sample) => sample.ahead));
}

export function serverNow() {
  return Math.round(Date.now() + ahead);
}
