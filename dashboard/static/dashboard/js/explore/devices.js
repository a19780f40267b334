/** Chosen devices come from the fleet's page: which of their metrics is compared. */

import { get } from "../page/rest.js";
import { humanise } from "../page/format.js";
import { isState } from "../charts/layout.js";
import { t, tn } from "../page/language.js";

const MOST = 200; // series of them
const OFFERED = 12; // metrics

/** @typedef {import("./finder.js").Found} Found */

/** @param {string[]} uids @param {import("../charts/choice-dialog.js").ChoiceDialog} choice @param {(found: Found[]) => void} add */
export async function chooseMetric(uids, choice, add) {
  const query = new URLSearchParams(uids.map((uid) => ["device", uid]));
  /** @type {{series: Found[]}} */ const { series } = await get(`/api/v1/search/series/?limit=${MOST}&${query}`);
  const metrics = Object.entries(Object.groupBy(series, ({ metric }) => metric))
    .sort(([, a = []], [, b = []]) => Number(isState(a[0])) - Number(isState(b[0])) || b.length - a.length);
  if (metrics.length === 1) return add(series);
  choice.ask(tn("What of {n} device?", "What of {n} devices?", uids.length), metrics.slice(0, OFFERED).map(([metric, found = []]) => ({
    words: uids.length === 1 ? humanise(metric) : t("{metric}, of {n}", { metric: humanise(metric), n: found.length }), act: () => add(found),
  })));
}
