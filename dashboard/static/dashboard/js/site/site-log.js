/** The log of a site on its page. */

import { byId } from "../page/element.js";
import { LogPanel } from "../log/log-panel.js";
import { openThread } from "../log/thread-drawer.js";
import { reading } from "../log/reading.js";
import { t } from "../page/language.js";

/** @param {{slug: string, name: string}} site */
export function showLog({ slug, name }) {
  new LogPanel(byId("site-log"), {
    place: { site: slug }, label: t("Write about {name}", { name }), nothing: t("Nothing was said about this site yet."),
    open: (id, answer) => openThread(id, answer), read: (newest) => reading.mark(newest, { site: slug }),
  });
}
