/** What adds to a fleet, loaded when it is asked for: the menu of the fleet's page, its empty start, its selection. */

import { age } from "../page/format.js";
import { byId, el, setText } from "../page/element.js";
import { t } from "../page/language.js";

const acts = /** @type {Record<string, () => Promise<void>>} */ ({
  new: async () => (await import("./new-device.js")).openNewDevice(),
  import: async () => (await import("./import-drawer.js")).openImport(),
  removed: async () => (await import("./removed-drawer.js")).openRemoved(),
});

/** @param {import("../fleet/selection.js").Selection} selection @param {() => void} clear */
export function wireAdding(selection, clear) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-add]"))) {
    button.addEventListener("click", () => {
      button.closest("details")?.removeAttribute("open");
      acts[button.dataset.add ?? ""]?.();
    });
  }
  import("./many-drawer.js").then(({ wireMany }) => wireMany(() => selection.uids, clear));
  // A link from elsewhere: /?add=new
  const query = new URLSearchParams(location.search);
  const wanted = query.get("add");
  if (wanted) {
    query.delete("add"); // reload and Back do not ask for it again
    history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    acts[wanted]?.();
  }
  startEmpty();
}

/** The form of the page of no devices: built once, when there are none. */
function startEmpty() {
  const area = byId("first-form");
  if (!area) return;
  const began = Date.now();
  setInterval(() => !byId("first-device").hidden && setText(byId("first-since"), age(Date.now() - began)), 1_000);
  const build = async () => {
    if (byId("first-device").hidden || area.childElementCount) return;
    const { registration } = await import("./new-device.js");
    try {
      const made = await registration({ short: true, typed: (uid) => nameIt(uid || "freezer-1"), registered: () => {
        // The device is there now, and this section goes: what one waits for stays.
        const waiting = byId("first-waiting");
        waiting.hidden = false;
        waiting.append(...made.element.childNodes, el("button", { class: "button", text: t("Close"), on: { click: () => waiting.remove() } }));
      } });
      area.replaceChildren(made.element);
    } catch (error) {
      area.textContent = /** @type {Error} */ (error).message;
    }
  };
  new MutationObserver(build).observe(byId("first-device"), { attributes: true, attributeFilter: ["hidden"] });
  build();
}

/** The commands beside the form name the device of the form. @param {string} uid */
function nameIt(uid) {
  for (const id of ["curl-line", "publish-line"]) {
    const line = byId(id);
    line.dataset.text ??= line.textContent;
    line.textContent = line.dataset.text.replaceAll("freezer-1", uid);
  }
}
