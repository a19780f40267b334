/** Lists that are read by REST and kept as the server has them. Pure but for the connection. */

/**
 * Have a list read for the first time when the page starts, and again when one of these events comes and after whatever may have been
 * missed. No event comes unheard between the first reading and the socket: it begins after the socket is open, and where it could not
 * wait for that the list is read again then.
 * @param {Pick<import("./connection.js").LiveConnection, "on"|"first">} connection @param {string[]} events @param {() => unknown} read
 * @param {() => unknown} [first] where that is another
 * @returns {Promise<unknown>} the first reading
 */
export function keepRead(connection, events, read, first = read) {
  for (const name of [...events, "missed"]) connection.on(name, () => read());
  return connection.first.due.then(() => first());
}
