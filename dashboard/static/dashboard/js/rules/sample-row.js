/** One message under the rule that is being written: its verdict, what is wrong, and what it says. */

import { age, number, size } from "../page/format.js";
import { el, stateMark } from "../page/element.js";
import { moment } from "../time/moment.js";
import { readings } from "../page/readings.js";
import { serverNow } from "../time/clock.js";
import { recognised, t } from "../page/language.js";

const SOURCES = /** @type {Record<string, string>} */ ({ quarantine: t("in quarantine"), live: t("just now"), given: t("test") });
const MARKS = /** @type {Record<string, string>} */ ({ stored: "stored", partial: "partial", rejected: "rejected", ignored: "disabled", unmatched: "waiting", untried: "waiting" });
const WORDS = /** @type {Record<string, string>} */ ({ stored: t("read"), partial: t("read in part"), rejected: t("not read"), ignored: t("ignored"), unmatched: t("another topic"), untried: t("not tried") });

/**
 * @typedef {{uid: string, online: boolean|null, site: string, name: string, precisions: Record<string, number>, units: Record<string, string>, more: number, samples: {time: number|null, values: Record<string, any>}[]}} Said
 * @typedef {{topic: string, payload: string, size: number, at: number, source: string, verdict: string, passed?: boolean|null,
 *   problems: {uid: string, reason: string, detail: string}[], devices: Said[]}} Tried
 * @param {Tried} tried @param {HTMLElement[]} acts buttons
 */
export function sampleRow(tried, acts) {
  const marks = [stateMark(MARKS[tried.verdict] ?? "waiting", WORDS[tried.verdict] ?? tried.verdict)];
  if (typeof tried.passed === "boolean") marks.push(stateMark(tried.passed ? "stored" : "rejected", tried.passed ? t("as expected") : t("not as expected")));
  const source = tried.source === "given" ? SOURCES.given : `${SOURCES[tried.source] ?? tried.source} · ${age(Math.max(0, serverNow() - tried.at))}`;
  const head = el("div", { class: "head" }, ...marks, el("span", { class: "mono", text: tried.topic }), el("span", { class: "small quiet", text: `${source} · ${size(tried.size)}` }));
  return el("li", { data: { verdict: tried.verdict } }, head, el("pre", { class: "payload", text: tried.payload || t("(empty)"), attrs: { tabindex: "0", role: "group", "aria-label": t("Payload") } }),
    ...tried.problems.map((problem) => el("p", { class: "problem", text: [problem.uid && `${problem.uid}: `, recognised(problem.detail)].filter(Boolean).join("") })),
    ...tried.devices.map(device), ...(acts.length ? [el("div", { class: "acts" }, ...acts)] : []));
}

function device(/** @type {Said} */ said) {
  const facts = [said.name, said.site && t("at {site}", { site: said.site })].filter(Boolean);
  const who = el("div", { class: "device" }, el("b", { class: "mono", text: said.uid }), ...facts.map((text) => el("span", { class: "small quiet", text: String(text) })));
  if (said.online !== null) who.append(stateMark(said.online ? "online" : "offline"));
  const samples = said.samples.map(({ time, values }) => readings(values, said.units,
    el("div", {}, el("dt", { text: t("time") }), el("dd", { text: time === null ? t("when received") : moment(time) }))));
  const more = said.more ? [el("p", { class: "small quiet", text: t("and {more} more values", { more: number(said.more, 0) }) })] : [];
  return el("div", { class: "says" }, who, ...samples, ...more);
}
