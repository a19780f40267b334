/** Lists that are read by REST and kept as the server has them. Pure but for the connection. */

/**
 * Have a list read again when one of these events comes; when the socket is open, since what was told before it is was missed: also
 * between the page's first reading, which begins right after this call, and then; and when the server missed what was told.
 * @param {Pick<import("./connection.js").LiveConnection, "on"|"ready">} connection @param {string[]} events @param {() => void} read
 */
export function keepRead(connection, events, read) {
  for (const name of events) connection.on(name, read);
  let isHeard = connection.ready; // then the first reading comes after the hello that is told soon
  connection.on("hello", () => {
    if (!isHeard) read();
    isHeard = false;
  });
  connection.on("refill", ({ series }) => series === null && read());
}
