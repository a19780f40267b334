/** Beside the charts: presence with its evidence, and the latest value of every series. */

import { age, bare, duration, humanise, when } from "./format.js";
import { byId, el, icon, setMark, setText, setValue } from "./element.js";
import { judge, WORDS } from "./presence.js";
import { knownUntil } from "./live.js";
import { setTab } from "./badge.js";
import { serverNow } from "./clock.js";

/** One sentence: since when, and who says so.
 * @param {import("./presence.js").State} state @param {any} presence @param {number} interval @param {number} now */
export function evidence(state, presence, interval, now) {
  const heard = presence.last_seen === null ? "" : `last heard ${when(presence.last_seen, now)}`;
  const since = state.since === null ? "" : ` since ${when(state.since, now)}`;
  if (state.name === "offline") return `Offline${since}, said by its status topic or last will${heard && `; ${heard}`}.`;
  if (state.name === "waiting") return "Registered; it has never sent anything.";
  if (state.name === "silent" || state.name === "late") {
    return `${state.name === "late" ? "Late" : "Silent"}${since}: expected every ${duration(interval * 1000)}, ${heard || "only its status was heard"}.`;
  }
  return state.evidence === "telemetry" ? `Readings arrive${state.since === null ? "" : `; connected${since}`}.` : `Connected${since}, said by its status topic.`;
}

export class DeviceSide {
  /** @param {any} device the page's facts */
  constructor(device) {
    this.device = device;
    /** @type {Map<number, Element[]>} */ this.lines = new Map();
    byId("presence-word").append(icon("m-waiting", "mark"), el("span", { class: "word" }));
    byId("presence-mark").append(icon("m-waiting", "mark"), el("span", { class: "word" }));
    setText(byId("expected"), duration(device.expected_interval * 1000));
  }

  /** @param {any[]} series */
  list(series) {
    this.series = series;
    byId("latest").replaceChildren(...series.flatMap((s) => {
      const parts = [el("span", { class: "value" }), el("span", { class: "age quiet" })];
      this.lines.set(s.id, parts);
      return [el("dt", { class: "clip", text: humanise(s.metric), attrs: { title: s.metric } }), el("dd", {}, ...parts)];
    }));
  }

  /** @param {Map<number, [number, number|string]>} latest */
  tick(latest) {
    const now = serverNow();
    const { presence, enabled, expected_interval: interval } = this.device;
    const state = judge(presence, interval, knownUntil());
    const name = enabled ? state.name : "disabled";
    const word = /** @type {any} */ (WORDS)[name];
    setMark(byId("presence-word"), name, word);
    setMark(byId("presence-mark"), name, word);
    setText(byId("presence-evidence"), enabled ? evidence(state, presence, interval, now) : "Disabled: its messages are quarantined.");
    const bad = name === "offline" || name === "silent";
    setTab(bad ? `${word} · ${this.device.name}` : this.device.name, bad ? 1 : 0);
    for (const series of this.series ?? []) {
      const [value, old] = this.lines.get(series.id) ?? [];
      const point = latest.get(series.id);
      if (!value) continue;
      setValue(value, point ? bare(point[1], series) : "–", point && typeof point[1] === "number" && series.kind !== "boolean" ? series.unit : "");
      setText(old, point ? age(Math.max(0, now - point[0])) : "never");
    }
  }
}
