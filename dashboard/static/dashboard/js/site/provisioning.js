/** The key with which devices register themselves at a site: made, looked at and ended, in a drawer. */

import { ask } from "../page/form-dialog.js";
import { el, toast } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { moment } from "../time/moment.js";
import { sitePath } from "./site-drawer.js";
import { t } from "../page/language.js";

/** @typedef {{key: string, created: number, expires: number|null, used: number|null}} Key */

/** @param {string} slug */
const keyPath = (slug) => `${sitePath(slug)}provisioning-key/`;

/** @param {string} slug */
export async function openProvisioning(slug) {
  /** @type {Key|null} */ let found = null;
  try {
    found = await get(keyPath(slug));
  } catch (error) {
    if (/** @type {import("../page/rest.js").RestError} */ (error).status !== 404) return toast(/** @type {Error} */ (error).message);
  }
  const days = [["", t("No end")], ["1", t("1 day")], ["7", t("7 days")], ["30", t("30 days")], ["365", t("365 days")]];
  ask({
    title: t("Devices that register themselves"), drawer: true, act: found ? t("Replace the key") : t("Make a key"),
    fields: [
      { name: "now", label: t("Now"), make: () => ({ element: described(found), read: () => null }) },
      { name: "days", label: t("The new key holds for"), type: "select", wide: true, options: days.map(([value, label]) => ({ value, label })),
        hint: t("Whoever has it makes devices at this site and does nothing else. A key that is replaced stops at once.") },
    ],
    save: ({ days: chosen }) => send("POST", keyPath(slug), chosen ? { days: Number(chosen) } : {}),
    saved: showOnce,
    ...(found ? { other: { text: t("End it …"), act: () => askEnd(slug) } } : {}),
  });
}

/** @param {Key|null} key */
function described(key) {
  if (!key) return el("p", { class: "quiet", text: t("No key: no device can register itself here.") });
  const said = [
    [t("Key"), key.key], [t("Made"), moment(key.created)], [t("Last used"), key.used === null ? t("Never") : moment(key.used)],
    [t("Holds until"), key.expires === null ? t("it is ended") : moment(key.expires)],
  ];
  return el("dl", { class: "facts" }, ...said.flatMap(([label, text]) => [el("dt", { text: label }), el("dd", { text })]));
}

/** @param {Key & {secret: string}} made */
function showOnce(made) {
  const lines = [["provisionDeviceKey", made.key], ["provisionDeviceSecret", made.secret]].map(([name, text], at) =>
    el("div", { class: "command" }, el("pre", { text: `${name}: ${text}`, attrs: { id: `provisioning-${at}` } })));
  ask({
    title: t("The key was made"), drawer: true, act: t("I have it"),
    fields: [{ name: "once", label: t("The secret is shown this once."), make: () => ({ element: el("div", { class: "once" }, ...lines), read: () => null }) }],
    save: async () => null,
  });
}

/** @param {string} slug */
function askEnd(slug) {
  ask({
    title: t("End the key"), act: t("End it"),
    fields: [{ name: "what", label: t("No device can register itself here any more. Those that did stay."), make: () => ({ element: el("p", {}), read: () => null }) }],
    save: () => send("DELETE", keyPath(slug)),
    saved: () => toast(t("The key is ended.")),
  });
}
