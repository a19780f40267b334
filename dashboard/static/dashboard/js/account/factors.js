/** What one signs in with beside the password: an authenticator app, passkeys, recovery codes. */

import { age } from "../page/format.js";
import { ask } from "../page/form-dialog.js";
import { byId, el, setText, toast } from "../page/element.js";
import { canPasskey, makePasskey } from "./passkey.js";
import { browserName } from "../push/browser-name.js";
import { get, send } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { newest } from "../page/newest.js";
import { moment } from "../time/moment.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";

/** @typedef {{app: number|null, passkeys: {id: number, name: string, made: number, used: number|null}[], recovery: number, password: boolean}} Factors */

let hasPassword = true;

export const readFactors = inTurn(async () => {
  /** @type {Factors} */
  const { app, passkeys, recovery, password } = await get("/api/v1/account/factors/");
  hasPassword = password;
  const rows = [
    ...(app === null ? [] : [line(t("Authenticator app"), t("since {when}", { when: moment(app) }), t("Remove"), () => confirm(t("Remove the authenticator app"), (body) => send("DELETE", "/api/v1/account/factors/app/", body)))]),
    ...passkeys.map(({ id, name, made, used }) => line(name, [t("Passkey"), t("since {when}", { when: moment(made) }), used === null ? t("never used") : t("used {when}", { when: t("{age} ago", { age: age(serverNow() - used) }) })].join(" · "),
      t("Remove"), () => confirm(t("Remove {name}", { name }), (body) => send("DELETE", `/api/v1/account/factors/passkeys/${id}/`, body)))),
  ];
  if (rows.length) rows.push(line(t("Recovery codes"), t("{n} left", { n: recovery }), t("New codes"), newRecovery));
  byId("factors").removeAttribute("aria-busy");
  byId("factors").hidden = rows.length === 0;
  byId("factors-none").hidden = rows.length > 0;
  byId("factors").replaceChildren(...rows);
  byId("add-passkey").hidden = !canPasskey;
});

/** @param {string} name @param {string} about @param {string} act @param {() => void} run */
const line = (name, about, act, run) => el("li", {},
  el("div", { class: "what" }, el("b", { text: name }), el("span", { class: "small quiet", text: about })),
  el("button", { class: "button tiny", text: act, on: { click: run } }));

/** @returns {import("../page/form-dialog.js").Field[]} */
const password = () => (hasPassword ? [{ name: "current", label: t("Your password"), type: "password", wide: true, attrs: { autocomplete: "current-password" } }] : []);

function confirm(/** @type {string} */ title, /** @type {(body: {current: string}) => Promise<any>} */ remove) {
  ask({
    title, act: t("Remove"), fields: [...password(), ...(hasPassword ? [] : [{ name: "sure", label: t("You sign in without it from then on."), type: "check" }])],
    save: ({ current }) => remove({ current: current ?? "" }),
    saved: readFactors,
  });
}

async function showRecovery(/** @type {{codes: string[]}} */ { codes }) {
  if (codes.length) {
    setText(byId("recovery-codes"), codes.join("\n"));
    byId("recovery-once").hidden = false;
  }
  await readFactors();
}

function newRecovery() {
  ask({
    title: t("New recovery codes"), act: t("New codes"), fields: password(),
    save: ({ current }) => send("POST", "/api/v1/account/factors/recovery/", { current: current ?? "" }),
    saved: showRecovery,
  });
}

/** Begun twice, the secret of the second is the one that counts. */
const addApp = newest(() => send("POST", "/api/v1/account/factors/app/begin/"), askForCode, ({ message }) => toast(message));

function askForCode(/** @type {{secret: string, picture: string}} */ { secret, picture }) {
  const shown = () => ({
    element: el("div", { class: "app-picture" }, el("img", { attrs: { src: picture, alt: t("Picture for the app"), width: "200", height: "200" } }), el("code", { text: secret })),
    read: () => null,
  });
  ask({
    title: t("Authenticator app"), act: t("Take it into use"),
    fields: [
      { name: "picture", label: t("Read this with the app, or type the letters into it"), make: shown },
      { name: "code", label: t("Code that it shows now"), wide: true, attrs: { inputmode: "numeric", autocomplete: "one-time-code" } },
      ...password(),
    ],
    save: ({ code, current }) => send("POST", "/api/v1/account/factors/app/", { code, current: current ?? "" }),
    saved: showRecovery,
  });
}

function addPasskey() {
  ask({
    title: t("New passkey"), act: t("Go on"),
    fields: [{ name: "name", label: t("What it is on"), value: browserName(navigator.userAgent), wide: true, attrs: { maxlength: "80" } }, ...password()],
    save: async ({ name, current }) => {
      const options = await send("POST", "/api/v1/account/factors/passkeys/begin/", { current: current ?? "" });
      let answer;
      try {
        answer = await makePasskey(options);
      } catch (error) {
        throw /** @type {Error} */ (error).name === "NotAllowedError" ? new Error(t("No passkey was made.")) : error;
      }
      return send("POST", "/api/v1/account/factors/passkeys/", { name: name.trim() || t("Passkey"), answer });
    },
    saved: showRecovery,
  });
}

byId("add-app").addEventListener("click", () => addApp());
byId("add-passkey").addEventListener("click", addPasskey);
