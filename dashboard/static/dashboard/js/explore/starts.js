/** What to begin with on an empty explore page: what many measure at a site, the last alert, the device that was heard last. */

import { byId, el } from "../page/element.js";
import { get } from "../page/rest.js";
import { MINUTE } from "../time/zone.js";
import { groupTitle, ofGroup } from "./finder.js";
import { t, worded } from "../page/language.js";

const FEW = 8; // series of one device
const AROUND = 30 * MINUTE; // about the start of an alert

/** @typedef {import("./finder.js").Found} Found */

/** @param {{add: (found: Found[]) => void, select: (from: number, to: number) => void}} acts */
export async function showStarts({ add, select }) {
  const button = (/** @type {string} */ text, /** @type {() => void} */ click) => el("li", {}, el("button", { class: "button", text, attrs: { type: "button" }, on: { click } }));
  const of = async (/** @type {string} */ uid) => (await get(`/api/v1/search/series/?device=${encodeURIComponent(uid)}&limit=${FEW}`)).series;
  const quietly = (/** @type {Promise<any>} */ asked) => asked.catch(() => null); // one start fewer
  const [search, alerts, fleet] = await Promise.all(["search/series/?limit=1", "alerts/?state=all&limit=10", "fleet/"].map((path) => quietly(get(`/api/v1/${path}`))));
  const [group] = search?.groups ?? [];
  const alert = alerts?.alerts.find((/** @type {any} */ { series }) => series !== null);
  const last = [...(fleet?.devices ?? [])].filter(({ series }) => series?.length !== 0).sort((a, b) => (b.presence.last_seen ?? 0) - (a.presence.last_seen ?? 0))[0];
  byId("starts").replaceChildren(
    ...(group ? [button(groupTitle(group), async () => add(await ofGroup(group)))] : []),
    ...(alert ? [button(t("The last alert: {sentence}", { sentence: worded(alert.said, alert.sentence) }), async () => {
      add((await of(alert.uid)).filter((/** @type {Found} */ { id }) => id === alert.series));
      select(alert.started - AROUND, alert.started + AROUND);
    })] : []),
    ...(last ? [button(t("Heard last: {name}", { name: last.name }), async () => add(await of(last.uid)))] : []));
}
