/** What is this viewer's own of the log on a page: who they are, their drafts, what is being saved, and the feeds that are open. */

import { byId } from "../page/element.js";
import { connection, keepRead } from "../live/live.js";
import { Drafts, Outbox } from "./drafts.js";
import { Feed } from "./feed.js";
import { get, send } from "../page/rest.js";

const PEOPLE_FOR = 60_000; // ms the list of people counts

/** A browser that forbids storage forbids to name it, too. @returns {import("./drafts.js").Kept} */
function storage() {
  try {
    return localStorage;
  } catch {
    return { length: 0, key: () => null, getItem: () => null, setItem: () => {}, removeItem: () => {} };
  }
}

export const me = /** @type {string} */ (JSON.parse(byId("viewer").textContent));
export const drafts = new Drafts(me, storage(), () => Date.now());
export const outbox = new Outbox(me, {
  storage: storage(), now: () => Date.now(), later: (f, ms) => setTimeout(f, ms),
  post: ({ client_id, text, site, device, thread, view, starts, ends }) => send("POST", "/api/v1/log/", {
    client_id, text, ...(thread ? { thread } : device ? { device } : { site: site || null }), view: view ?? "", starts_at: starts ?? null, ends_at: ends ?? null,
  }),
});
/** Tells "entry" with each that was heard or saved. */
export const heard = new EventTarget();

/** @type {Set<Feed>} */ const feeds = new Set();

/** @param {import("./feed.js").Asked} asked @returns {Feed} */
export function openFeed(asked) {
  const feed = new Feed(asked, { get, later: (f, ms) => setTimeout(f, ms) });
  feeds.add(feed);
  connection.first.due.then(() => { if (!feed.ended) feed.begin(); });
  return feed;
}

/** @param {Feed} feed */
export function closeFeed(feed) {
  feed.end();
  feeds.delete(feed);
}

/** @param {import("./stream.js").Entry|null} entry */
function tell(entry) {
  if (entry?.client_id) outbox.forget(entry.client_id);
  for (const feed of feeds) feed.hear(entry);
  heard.dispatchEvent(new CustomEvent("entry", { detail: entry }));
}

/** What one did about an entry, told of as the event tells others. @param {"POST"|"PATCH"|"DELETE"} method @param {number} id
 * @param {string} what of it @param {any} [body] */
export async function act(method, id, what = "", body = undefined) {
  tell((await send(method, `/api/v1/log/${id}/${what}`, body)).entry);
}

/** An id that nobody else makes. Not `randomUUID`, which a browser has only where pages come by https. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

/** @type {{at: number, names: Promise<string[]>}|null} */ let asked = null;

/** Who may be named. @returns {Promise<string[]>} */
export function people() {
  if (asked === null || Date.now() - asked.at > PEOPLE_FOR) {
    const names = get("/api/v1/log/people/").then((answer) => answer.people, () => {
      asked = null; // the next name that is typed asks again
      return [];
    });
    asked = { at: Date.now(), names };
  }
  return asked.names;
}

connection.on("log", ({ entry }) => tell(entry));
outbox.addEventListener("saved", (event) => tell(/** @type {CustomEvent} */ (event).detail));
/** What was missed: the line was lost, or what the server heard was. */
function missed() {
  for (const feed of feeds) feed.catchUp();
  outbox.retry();
}
keepRead([], missed, () => outbox.retry());
// Another page of this browser has saved what this one shows as not saved, or has written more.
addEventListener("storage", ({ key, newValue }) => {
  if (key?.startsWith(outbox.prefix) && newValue === null) outbox.forget(key.slice(outbox.prefix.length));
});
