/** How the viewer laid out this device's charts, kept by the server: it holds on their other machines too. */

import { send } from "../page/rest.js";
import { t } from "../page/language.js";
import { toast } from "../page/element.js";

/** @param {{uid: string, charts: string|null}} device the page's facts @returns {import("../charts/layout-store.js").Kept} */
export function keptLayout({ uid, charts }) {
  /** what is to be kept @type {string|null} */ let wanted = null;
  let busy = false;
  const keepAll = async () => {
    if (busy) return;
    busy = true;
    try {
      while (wanted !== null) {
        const layout = wanted;
        wanted = null;
        await send("PUT", `/api/v1/charts/${encodeURIComponent(uid)}/`, { layout });
      }
    } catch (error) {
      toast(t("The layout holds for this page, and is not kept. {why}", { why: /** @type {Error} */ (error).message }));
    } finally {
      busy = false;
    }
  };
  return { layout: charts, keep: (layout) => {
    wanted = layout;
    keepAll();
  } };
}
