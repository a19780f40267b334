/** How the log says things. Times in ms. */

import { clock, day, when } from "../time/moment.js";
import { t, tx } from "../page/language.js";
import { isSaid } from "./stream.js";
import { shownBy } from "./views.js";

const MINUTE = 60_000; // ms
export const EDIT_WITHIN = 15 * MINUTE; // of writing it, as the server allows

/** Words one may put to an entry; others, of programs, are shown as they are. */
export const REACTIONS = new Map([["seen", t("Seen")], ["agreed", t("Agreed")], ["on it", t("On it")], ["done", tx("reaction", "Done")], ["thanks", t("Thanks")]]);

/** The mark of what the system notes, and of what tone. */
const MARKS = new Map(Object.entries({
  offline: "offline", silent: "silent", back: "online", alert_fired: "critical", alert_acknowledged: "cleared", alert_cleared: "cleared",
  quarantine_burst: "rejected", replay: "stored", imported: "stored", registered: "stored", restored: "stored", deleted: "disabled", removed: "disabled",
}));

/** @param {import("./stream.js").Entry} entry */
export const markOf = ({ kind, facts }) => (kind === "alert_fired" && ["critical", "warning", "info"].includes(facts.severity) ? facts.severity : MARKS.get(kind) ?? "waiting");

const PAGES = new Map(Object.entries({
  "": t("Fleet"), alerts: t("Alerts"), log: tx("shift", "Log"), inbox: t("Inbox"), pipeline: t("Pipeline"), quarantine: t("Quarantine"), topics: t("Topics"), rules: t("Rules"), derived: t("Derived"),
  notifications: t("Notifications"), account: t("Account"), devices: t("Device"), sites: t("Site"), api: t("API"),
}));

/** "Device pump-1, 14:00–15:00". @param {string} path @param {number} now */
export function viewWords(path, now) {
  const { page, of, from, to } = shownBy(path);
  return [[PAGES.get(page) ?? path, of].filter(Boolean).join(" "), from === null || to === null ? "" : span(from, to, now)].filter(Boolean).join(", ");
}

/** "14:00:00–14:10:00", with the day where it is not today. @param {number} from @param {number|null} to @param {number} now */
export function span(from, to, now) {
  if (to === null) return when(from, now);
  return `${when(from, now)} – ${day(from) === day(to) ? clock(to) : when(to, now)}`;
}

/** Who it is of. @param {import("./stream.js").Entry} entry */
export const by = (entry) => entry.author?.name ?? (isSaid(entry) ? t("Somebody who is gone") : "");

/** Two letters that stand for a name. @param {string} name */
export function initials(name) {
  const [first = "?", second] = name.split(/[\s._@-]+/).filter(Boolean);
  return (second ? [...first][0] + [...second][0] : [...first].slice(0, 2).join("")).toUpperCase();
}
