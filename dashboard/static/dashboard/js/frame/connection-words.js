/** What the frame says of the connection, and of what is not known. Pure. */

import { clock, when } from "../time/moment.js";
import { duration } from "../page/format.js";
import { isBlind } from "../live/news.js";
import { t } from "../page/language.js";

const CONNECTING = { mark: "late", word: t("Connecting") };
const RECONNECTING = { mark: "late", word: t("Reconnecting") };
const MARKS = /** @type {const} */ ({ "catching up": "late", live: "online", offline: "offline", "logged out": "offline" });
const WORDS = { "catching up": t("Catching up"), live: t("Live"), offline: t("No network"), "logged out": t("Logged out") };
/** Why, as a clause. @type {Record<string, string>} */
const WHY = {
  connection: t("this page has no connection to the server"), network: t("the server is not heard"), redis: t("the server hears nothing, Redis is away"),
  bridge: t("no bridge is heard"), broker: t("the broker is away"), database: t("the database does not answer"),
};

/** Whole seconds, so that it does not flicker. @param {number} ms */
const lasting = (ms) => duration(Math.max(1, Math.floor(ms / 1000)) * 1000);

/** @param {import("../live/news.js").Trouble} trouble */
const why = ({ what, lasts }) => (what === "storing" ? t("storing is {lasts} behind", { lasts: lasting(lasts) }) : WHY[what]);

/**
 * The pill: shape and word.
 * @param {string} state of the connection @param {import("../live/news.js").Trouble|null} trouble
 * @returns {{mark: string, word: string}}
 */
export function pill(state, trouble) {
  if (state === "logged out") return { mark: MARKS[state], word: WORDS[state] };
  if (trouble?.what === "connection" && isBlind(trouble)) {
    return { mark: "offline", word: state === "offline" ? t("No network for {lasts}", { lasts: lasting(trouble.lasts) }) : t("No connection for {lasts}", { lasts: lasting(trouble.lasts) }) };
  }
  if (trouble?.what === "network") return { mark: "silent", word: t("No news for {lasts}", { lasts: lasting(trouble.lasts) }) };
  if (isBlind(trouble)) return { mark: "silent", word: t("Not known: {why}", { why: why(/** @type {any} */ (trouble)) }) };
  if (state === "connecting") return CONNECTING;
  if (state !== "live" && state !== "catching up") return RECONNECTING;
  if (trouble) return { mark: "late", word: `${WORDS[state]}, ${why(trouble)}` };
  return { mark: MARKS[state], word: WORDS[state] };
}

/**
 * The one control of a page: what is, and what a click does about it. A page whose time can be stopped says how it stands.
 * @param {string} state of the connection @param {import("../live/news.js").Trouble|null} trouble
 * @param {{live: boolean, to: number}|null} time of the page: whether it follows, and up to when it shows @param {number} now
 * @returns {{mark: string, word: string, does: "retry"|"pause"|"live"|null}}
 */
export function control(state, trouble, time, now) {
  const said = pill(state, trouble);
  if (state === "reconnecting" || state === "offline") return { ...said, does: "retry" };
  if (time === null || state === "logged out") return { ...said, does: null };
  if (time.live) return { ...said, does: "pause" };
  return { mark: "paused", word: t("{time}, {age} behind", { time: when(time.to, now), age: lasting(now - time.to) }), does: "live" };
}

/** What a click does, as a word beside it, and said of it in full. */
export const DOES = {
  retry: { word: t("Retry"), title: t("Try to connect now") }, live: { word: t("Go live"), title: t("Back to live (l)") }, pause: { word: "", title: t("Pause (p)") },
};

/**
 * The line above a page that cannot know; "" when it can.
 * @param {import("../live/news.js").Trouble|null} trouble @param {number} until the last moment that is known
 */
export function unknown(trouble, until) {
  if (trouble === null || !isBlind(trouble)) return "";
  return t("What devices do is not known since {until}: {why}. States are from then.", { until: clock(until), why: why(trouble) });
}
