/** The window of time a page shows: live with a length, or a fixed range. Pure; states are values. */

import { DAY, HOUR, MINUTE } from "./zone.js";

export const MIN_SPAN = 2_000; // ms, the closest zoom
export const MAX_SPAN = 3660 * DAY; // ms, the widest: ten years, as the server has it
export const NEAR = 100; // within this part of the window a click or a pointer is at the same place
const LATEST = 253_370_764_800_000; // ms, the year 9999: what a timestamp can show

/** Name and length; the first nine and the tenth are picked by the keys 1 to 9 and 0. */
export const PRESETS = [
  { name: "5m", label: "5 min", ms: 5 * MINUTE },
  { name: "15m", label: "15 min", ms: 15 * MINUTE },
  { name: "1h", label: "1 h", ms: HOUR },
  { name: "6h", label: "6 h", ms: 6 * HOUR },
  { name: "24h", label: "24 h", ms: DAY },
  { name: "3d", label: "3 d", ms: 3 * DAY },
  { name: "7d", label: "7 d", ms: 7 * DAY },
  { name: "30d", label: "30 d", ms: 30 * DAY },
  { name: "90d", label: "90 d", ms: 90 * DAY },
  { name: "365d", label: "1 y", ms: 365 * DAY },
];
const DEFAULT_PRESET = PRESETS[1];

/**
 * @typedef {{mode: "live", preset: string, ms: number}} Live
 * @typedef {{mode: "range", from: number, to: number, preset: string, paused: boolean}} Range
 * @typedef {Live|Range} Span
 */

/** @param {string} name @returns {Live} */
export function live(name) {
  const preset = PRESETS.find((p) => p.name === name) ?? DEFAULT_PRESET;
  return { mode: "live", preset: preset.name, ms: preset.ms };
}

/** @param {Span} span @param {number} now @returns {{from: number, to: number}} */
export function bounds(span, now) {
  return span.mode === "live" ? { from: now - span.ms, to: now } : { from: span.from, to: span.to };
}

/**
 * A fixed range that remembers which live window to return to; never in the future, never out of bounds.
 * @param {Span} span @param {number} from @param {number} to @param {number} now @param {boolean} [paused]
 * @returns {Range}
 */
export function range(span, from, to, now, paused = false) {
  const length = Math.min(MAX_SPAN, Math.max(MIN_SPAN, Math.abs(to - from)));
  const centre = (from + to) / 2;
  const end = Math.min(now, centre + length / 2);
  return { mode: "range", from: Math.round(end - length), to: Math.round(end), preset: span.preset, paused };
}

/** @param {Span} span @param {number} now @returns {Range} */
export function pause(span, now) {
  const { from, to } = bounds(span, now);
  return range(span, from, to, now, true);
}

/** `factor` < 1 zooms in, around `at` (default: the middle). */
export function zoom(/** @type {Span} */ span, /** @type {number} */ factor, /** @type {number} */ now, /** @type {number|null} */ at = null) {
  const { from, to } = bounds(span, now);
  const centre = at ?? (from + to) / 2;
  const left = Math.max(0, (centre - from) / (to - from));
  const length = Math.min(MAX_SPAN, Math.max(MIN_SPAN, (to - from) * factor));
  return range(span, centre - length * left, centre + length * (1 - left), now);
}

/** Move by a share of the window; past now it is live again. @param {Span} span @param {number} share @param {number} now @returns {Span} */
export function pan(span, share, now) {
  const { from, to } = bounds(span, now);
  const by = (to - from) * share;
  if (span.mode === "live" && share > 0) return span;
  return range(span, from + by, to + by, now);
}

/** @param {string} search a location's query @returns {Span} */
export function fromQuery(search) {
  const query = new URLSearchParams(search);
  const from = Number(query.get("from"));
  const to = Number(query.get("to"));
  const base = live(query.get("window") ?? "");
  if (from > 0 && to > from && to <= LATEST && to - from <= MAX_SPAN) {
    return { mode: "range", from, to, preset: base.preset, paused: false };
  }
  return base;
}

/** @param {Span} span */
export function toQuery(span) {
  return span.mode === "live"
    ? `?window=${span.preset}`
    : `?window=${span.preset}&from=${span.from}&to=${span.to}`;
}

/** For the REST API. @param {{from: number, to: number|null}} asked ms; no `to`: up to the server's present */
export function windowQuery({ from, to }) {
  return to === null ? `from=${from}` : `from=${from}&to=${to}`;
}
