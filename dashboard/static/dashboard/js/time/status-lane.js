/** What a device was through a window, as a lane: its states, and the marks of the page. What it says of a place is asked with `at`. */

import { t } from "../page/language.js";
import { duration } from "../page/format.js";
import { shape } from "../page/element.js";
import { UNKNOWN, WORDS } from "../presence/presence.js";
import { when } from "./moment.js";

const HEIGHT = 16; // units of the picture: states fill the lower part, marks stand above them
const MARKS = 5; // units
const NEAR = 6; // px within which a mark is meant
const SECOND = 1_000; // ms; the picture's unit of width

/** As in `GET /api/v1/devices/{uid}/presence/`.
 * @typedef {{from: number, to: number, state: string, evidence: string, heard: number|null, said: number|null, interval: number}} Stretch */

/** @type {Record<string, string>} */ const STATE_WORDS = { ...WORDS, unknown: UNKNOWN };

/** A state with from when to when, and what says so. @param {Stretch} stretch @param {number} now ms */
export function sentence({ from, to, state, heard, interval }, now) {
  const span = t("{word} {from} – {to}, for {span}", { word: STATE_WORDS[state] ?? state, from: when(from, now), to: when(to, now), span: duration(to - from) });
  if (state === "unknown") return `${span}: ${t("nobody listened to devices")}`;
  if (state === "offline") return `${span}: ${t("said by its status topic or last will")}`;
  if (state === "late" || state === "silent") {
    const every = t("expected every {span}", { span: duration(interval * SECOND) });
    return heard === null ? `${span}: ${every}` : `${span}: ${every}, ${t("last heard {when}", { when: when(heard, now) })}`;
  }
  return span;
}

export class StatusLane {
  /** @param {HTMLElement} area @param {import("./marks.js").Marks} marks @param {{bounds: () => {from: number, to: number}, now: () => number}} window what it shows */
  constructor(area, marks, window) {
    this.area = area;
    this.marks = marks;
    this.window = window;
    /** @type {Stretch[]} */ this.stretches = [];
    this.base = window.bounds().from; // ms, where the picture's 0 is: large numbers would be drawn a pixel off
    this.drawn = "";
    this.svg = shape("svg", { preserveAspectRatio: "none", role: "img" });
    this.states = shape("g", {});
    this.signs = shape("g", {});
    this.track = shape("rect", { y: MARKS, height: HEIGHT - MARKS });
    /** @type {SVGElement} */ (this.track).dataset.state = "unknown"; // what no stretch says is not known
    this.svg.append(this.track, this.states, this.signs);
    area.append(this.svg);
    this.#name();
    this.draw();
    marks.watch(() => this.#signs());
  }

  /** @param {Stretch[]} stretches in order */
  take(stretches) {
    this.stretches = stretches;
    this.base = this.window.bounds().from;
    this.states.replaceChildren(...stretches.map(({ from, to, state }) => {
      const rect = shape("rect", { x: this.#x(from), width: Math.max(0, (to - from) / SECOND), y: MARKS, height: HEIGHT - MARKS });
      /** @type {SVGElement} */ (rect).dataset.state = state;
      return rect;
    }));
    this.#signs();
    this.#name();
    this.drawn = "";
    this.draw();
  }

  #name() {
    this.svg.setAttribute("aria-label", t("Presence: {summary}", { summary: this.#summary() }));
  }

  #x(/** @type {number} */ at) {
    return (at - this.base) / SECOND;
  }

  #signs() {
    const now = this.window.now();
    this.signs.replaceChildren(...this.marks.all().filter(({ kind }) => kind !== "presence").map(({ at, until, ongoing, tone }) => {
      const end = ongoing ? now : until ?? at;
      const rect = shape("rect", { x: this.#x(at), width: Math.max(0, (end - at) / SECOND), y: 0, height: MARKS - 1 });
      /** @type {SVGElement} */ (rect).dataset.state = tone;
      return rect;
    }));
  }

  #summary() {
    const { from, to } = this.window.bounds();
    /** @type {Map<string, number>} */ const sums = new Map();
    for (const stretch of this.stretches) {
      const part = Math.min(to, stretch.to) - Math.max(from, stretch.from);
      if (part > 0) sums.set(stretch.state, (sums.get(stretch.state) ?? 0) + part);
    }
    return [...sums].map(([state, ms]) => `${STATE_WORDS[state] ?? state} ${duration(ms)}`).join(", ") || UNKNOWN;
  }

  /** Where the window is now. */
  draw() {
    const { from, to } = this.window.bounds();
    const box = `${this.#x(from)} 0 ${(to - from) / SECOND} ${HEIGHT}`;
    if (box === this.drawn) return;
    this.drawn = box;
    this.svg.setAttribute("viewBox", box);
    this.track.setAttribute("x", String(this.#x(from)));
    this.track.setAttribute("width", String((to - from) / SECOND));
  }

  /** ms at a place of the page. @param {number} clientX px */
  timeAt(clientX) {
    const { left, width } = this.area.getBoundingClientRect();
    const { from, to } = this.window.bounds();
    return from + ((clientX - left) / Math.max(1, width)) * (to - from);
  }

  /** What is at a time: the marks near it, and the state. @param {number} at ms @returns {{marks: import("./marks.js").Mark[], stretch: Stretch|null}} */
  at(at) {
    const { from, to } = this.window.bounds();
    const near = ((to - from) / Math.max(1, this.area.clientWidth)) * NEAR;
    const marks = this.marks.within(at - near, at + near).filter(({ kind }) => kind !== "presence");
    return { marks, stretch: this.stretches.find((each) => each.from <= at && at < each.to) ?? null };
  }

  /** What it was at a time, in words. @param {Stretch|null} stretch */
  said(stretch) {
    return stretch ? sentence(stretch, this.window.now()) : UNKNOWN;
  }
}
