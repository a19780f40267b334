/** The server's time, by which readings are timed: the viewer's own clock may be minutes off. */

let ahead = 0; // ms the server's clock is ahead of this one

/** @param {number} serverMs its time as just received */
export function synchronise(serverMs) {
  ahead = serverMs - Date.now();
}

export function serverNow() {
  return Math.round(Date.now() + ahead);
}
