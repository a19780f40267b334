/** Devices that wait, told apart by what they probably are. Pure. */

import { t } from "../page/language.js";

/** @typedef {{kind: string, count: number, text: string}} Kind */

/** Kinds of which several wait, most first. "" is of no kind. @param {{kind: string}[]} found @returns {Kind[]} */
export function kinds(found) {
  /** @type {Map<string, number>} */ const counted = new Map();
  for (const { kind } of found) counted.set(kind, (counted.get(kind) ?? 0) + 1);
  return [...counted].filter(([kind, count]) => kind && count > 1).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([kind, count]) => ({ kind, count, text: t("all {count}: {kind}", { count, kind: kind.replaceAll("-", " ") }) }));
}
