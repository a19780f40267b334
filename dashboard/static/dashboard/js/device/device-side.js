/** Beside the charts: presence with its evidence, which sensors are silent, which values are beyond a limit. */

import { duration } from "../page/format.js";
import { when } from "../time/moment.js";
import { byId, el, icon, setMark, setText } from "../page/element.js";
import { limitsPassed } from "../fleet/problems.js";
import { Hearing, newestOf } from "../presence/hearing.js";
import { isHeardSince, judge, JUDGED_KINDS, judgeSeries, lateAfter, UNKNOWN, withAlert, withLimit, withSensors, WORDS } from "../presence/presence.js";
import { setTab } from "../frame/badge.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

/** One sentence: since when, and who says so.
 * @param {import("../presence/presence.js").State} state @param {any} presence @param {number} interval @param {number} now */
export function evidence(state, presence, interval, now) {
  const heard = presence.last_seen === null ? "" : t("last heard {last_seen}", { last_seen: when(presence.last_seen, now) });
  const since = state.since === null ? "" : t(" since {since}", { since: when(state.since, now) });
  if (state.name === "offline") return t("Offline{since}, said by its status topic or last will{heard}.", { since, heard: heard && `; ${heard}` });
  if (state.name === "waiting") return t("Registered; it has never sent anything.");
  if (state.name === "silent" || state.name === "late") {
    return t("{state}{since}: expected every {interval}, {heard}.", { state: WORDS[state.name], since, interval: duration(interval * 1000), heard: heard || t("only its status was heard") });
  }
  return state.evidence === "telemetry" ? state.since === null ? t("Readings arrive.") : t("Readings arrive; connected{since}.", { since }) : t("Connected{since}, said by its status topic.", { since });
}

/** What became of its clock. @param {any} presence @param {number} interval @param {number} now */
function clockNote(presence, interval, now) {
  const at = presence.clock_replaced;
  if (at === null || at === undefined) return "";
  const still = presence.last_seen !== null && presence.last_seen - at <= lateAfter(interval);
  return still ? t("Its clock is implausible; the receive time is used, last {at}.", { at: when(at, now) })
    : t("Its clock was implausible until {at}; the receive time was used.", { at: when(at, now) });
}

export class DeviceSide {
  /** @param {any} device the page's facts @param {Pick<typeof import("../live/live.js"), "isUnknown"|"judgedAt"> &
   *   {alert: () => import("../alerts/standing.js").Alert|null}} live `alert`: the worst that is open */
  constructor(device, live) {
    this.device = device;
    this.live = live;
    this.hearing = new Hearing();
    this.hearing.tell(device.presence, null);
    /** What each silent or late series is marked with. @type {Map<number, import("../presence/presence.js").State>} */ this.troubled = new Map();
    byId("presence-word").append(icon("m-waiting", "mark"), el("span", { class: "word" }));
    byId("presence-mark").append(icon("m-waiting", "mark"), el("span", { class: "word" }));
    this.described();
  }

  /** The facts were written anew. */
  described() {
    setText(byId("expected"), duration(this.device.expected_interval * 1000));
  }

  /** What REST says. @param {any} presence @param {any[]} series */
  told(presence, series) {
    this.hearing.tell(presence, newestOf(series));
    this.device.presence = presence;
  }

  /** A beat. @param {Record<string, number>} heard when devices were, by id */
  beat(heard) {
    const at = heard[this.device.id];
    if (at !== undefined) this.hearing.heardAt(at);
  }

  /** @param {any[]} series */
  list(series) {
    this.series = series;
  }

  /** @param {import("../live/latest.js").Latest} latest */
  tick(latest) {
    const now = serverNow();
    if (this.device.removed) {
      for (const id of ["presence-word", "presence-mark"]) setMark(byId(id), "waiting", t("Removed"));
      setText(byId("presence-evidence"), this.device.kept ? t("It was deleted, and can be had back for 7 days.") : t("It is here no more."));
      setText(byId("presence-clock"), "");
      setTab(t("Removed · {name}", { name: this.device.name }), 0);
      return;
    }
    const { enabled, expected_interval: interval } = this.device;
    const presence = { ...this.device.presence, last_seen: this.hearing.heard };
    const state = judge(presence, interval, this.live.judgedAt());
    const name = enabled ? state.name : "disabled";
    this.#judgeSeries(name, latest);
    const silent = [...this.troubled.values()].filter((one) => one.name === "silent").length;
    const unknown = enabled && this.live.isUnknown() && !isHeardSince(this.hearing.heard, this.live.judgedAt(), interval, now);
    const word = unknown ? UNKNOWN : withSensors(name, silent);
    const shown = unknown ? "waiting" : silent ? "sensors" : name;
    setMark(byId("presence-word"), shown, word);
    const alert = enabled ? this.live.alert() : null;
    const limits = enabled ? limitsPassed({ series: this.series, thresholds: this.device.thresholds }, latest) : [];
    const told = limits.length ? withLimit(word) : word;
    const mark = byId("presence-mark");
    setMark(mark, alert?.severity ?? (limits.length ? "limit" : shown), alert ? withAlert(word) : told);
    mark.title = limits.join("\n");
    const said = enabled ? evidence(state, presence, interval, now) : t("Disabled: its messages are quarantined.");
    setText(byId("presence-evidence"), unknown ? t("Nothing is known since {when}. Until then: {said}", { when: when(this.live.judgedAt(), now), said }) : said);
    setText(byId("presence-clock"), clockNote(presence, interval, now));
    const bad = !unknown && (name === "offline" || name === "silent" || silent > 0 || limits.length > 0);
    setTab(bad || unknown ? `${told} · ${this.device.name}` : this.device.name, bad ? 1 : 0);
  }

  /** Only while the device itself is heard: a silent device's sensors are silent with it. */
  #judgeSeries(/** @type {string} */ device, /** @type {import("../live/latest.js").Latest} */ latest) {
    this.troubled.clear();
    if (device !== "online" && device !== "late") return;
    // What the page has not received says nothing of one sensor: a tab that nobody looks at gets no readings,
    // and is told all the same that the device was heard.
    const { newest, lead } = this.hearing;
    const known = newest === null ? this.live.judgedAt() : Math.min(this.live.judgedAt(), newest - lead);
    const heard = { lead: this.hearing.lead, lastSeen: this.hearing.heard };
    for (const { id, kind, interval } of this.series ?? []) {
      if (!JUDGED_KINDS.has(kind)) continue;
      const state = judgeSeries(latest.get(id)?.[0] ?? null, heard, interval ?? this.device.expected_interval, known);
      if (state.name === "silent" || (state.name === "late" && device === "online")) this.troubled.set(id, state);
    }
  }
}
