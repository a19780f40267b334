/** What the server writes into a device's page: facts for the scripts, and facts for people. */

import { byId } from "../page/element.js";
import { page } from "../page/rest.js";
import { wireCopies } from "../frame/frame.js";

const read = (/** @type {Document} */ document) => JSON.parse(document.getElementById("device-facts")?.textContent ?? "null");

/** As they were when the page was loaded. */
export const facts = () => read(document);

/** Have the page show what it would if it were loaded now: its template alone knows how. Rejects as `rest.page` does.
 * @returns {Promise<any>} the facts as they are now */
export async function renew() {
  const fresh = await page(location.pathname);
  const block = document.adoptNode(/** @type {HTMLElement} */ (fresh.getElementById("facts")));
  byId("facts").replaceWith(block);
  wireCopies(block);
  return read(fresh);
}
