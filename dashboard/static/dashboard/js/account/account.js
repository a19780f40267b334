/** One's account: the password, where one is signed in, API tokens. */

import { age } from "../page/format.js";
import { ask, boxes, showErrors } from "../page/form-dialog.js";
import { browserName } from "../push/browser-name.js";
import { byId, el, endTrouble, setText, showTrouble, toast } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { readFactors } from "./factors.js";
import { readInvitations } from "./invitations.js";
import { get, send } from "../page/rest.js";
import { moment } from "../time/moment.js";
import { serverNow } from "../time/clock.js";
import { t } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

const REFRESH = 60_000; // ms
const AT_ONCE = 100; // tokens: as many as one may have
const DAY = 86_400_000; // ms
const MINUTE = 60_000; // ms: when something was used is known to about that

/** @typedef {{id: number, began: number, seen: number, address: string|null, browser: string, current: boolean}} Session
 * @typedef {{token_key: string, name: string|null, created: string, expiry: string|null, used: string|null, scope: "read"|"write"|"admin", sites: string[]|null}} Token */

const SCOPES = { read: t("reads"), write: t("writes"), admin: t("all you may") };
const SITES = /** @type {{slug: string, name: string}[]} */ (JSON.parse(byId("account-sites").textContent ?? "[]"));

/** @param {number} at */
const since = (at) => (serverNow() - at < 2 * MINUTE ? t("now") : t("{age} ago", { age: age(serverNow() - at) }));

const read = inTurn(async () => {
  try {
    const [{ sessions }, { results }] = await Promise.all([get("/api/v1/account/sessions/"), get(`/api/v1/tokens/?page_size=${AT_ONCE}`)]);
    showSessions(sessions);
    showTokens(results);
    await Promise.all([readFactors(), readInvitations()]);
    endTrouble(byId("trouble"));
  } catch (error) {
    showTrouble(byId("trouble"), t("The account could not be read. {why}", { why: /** @type {Error} */ (error).message }), read);
  }
});

/** Does it, and reads the lists again. @param {() => Promise<any>} work */
async function carryOut(work) {
  try {
    await work();
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
  await read();
}

function showSessions(/** @type {Session[]} */ sessions) {
  byId("sessions").removeAttribute("aria-busy");
  byId("end-others").disabled = sessions.length < 2;
  byId("sessions").replaceChildren(...sessions.map((session) => el("li", {},
    el("div", { class: "what" }, el("b", { text: session.browser ? browserName(session.browser) : t("A program") }),
      el("span", { class: "small quiet", text: [session.address ?? "", t("since {when}", { when: moment(session.began) })].filter(Boolean).join(" · ") })),
    el("span", { class: "soft", text: session.current ? t("this one") : since(session.seen) }),
    ...(session.current ? [] : [el("button", { class: "button tiny", text: t("End"), on: { click: () => carryOut(() => send("DELETE", `/api/v1/account/sessions/${session.id}/`)) } })]))));
}

function showTokens(/** @type {Token[]} */ tokens) {
  byId("tokens").removeAttribute("aria-busy");
  byId("tokens").hidden = tokens.length === 0;
  byId("tokens-none").hidden = tokens.length > 0;
  byId("tokens").replaceChildren(...tokens.map((token) => {
    const name = token.name ?? t("Without a name");
    const about = [`${token.token_key}…`, SCOPES[token.scope], (token.sites ?? []).join(", "), t("made {when}", { when: moment(Date.parse(token.created)) }), token.expiry ? t("until {when}", { when: moment(Date.parse(token.expiry)) }) : ""];
    return el("li", {}, el("div", { class: "what" }, el("b", { text: name }), el("span", { class: "small quiet", text: about.filter(Boolean).join(" · ") })),
      el("span", { class: "soft", text: token.used === null ? t("never used") : t("used {when}", { when: since(Date.parse(token.used)) }) }),
      el("button", { class: "button tiny", text: t("Revoke"), on: { click: () => revoke(token, name) } }));
  }));
}

function revoke(/** @type {Token} */ token, /** @type {string} */ name) {
  ask({
    title: t("Revoke {name}", { name }), act: t("Revoke"),
    fields: [{ name: "typed", label: t("Type {key} to revoke it", { key: token.token_key.slice(0, 8) }), wide: true, hint: t("What uses it is refused from then on.") }],
    save: async ({ typed }) => {
      if (typed.trim() !== token.token_key.slice(0, 8)) throw Object.assign(new Error(), { body: { typed: [t("This is another one.")] } });
      await send("DELETE", `/api/v1/tokens/${encodeURIComponent(token.token_key)}/`);
    },
    saved: read,
  });
}

function makeToken() {
  const days = (/** @type {number} */ n) => String(n);
  ask({
    title: t("New token"), act: t("Create"),
    fields: [
      { name: "name", label: t("What uses it"), attrs: { maxlength: "80" }, wide: true },
      { name: "scope", label: t("What it may do at most"), type: "select", value: "read", wide: true, options: [
        { value: "read", label: t("only read") }, { value: "write", label: t("write, as an operator") }, { value: "admin", label: t("all that you may") },
      ] },
      { name: "sites", label: t("Only these sites"), hint: t("None ticked: all that you see."), make: () => boxes(t("Only these sites"), SITES.map(({ slug, name: label }) => ({ value: slug, label })), []) },
      { name: "days", label: t("For how long"), type: "select", value: "0", wide: true, options: [
        { value: "0", label: t("until it is revoked") }, { value: days(30), label: t("30 days") }, { value: days(90), label: t("90 days") }, { value: days(365), label: t("a year") },
      ] },
    ],
    save: ({ name, scope, sites, days: lasts }) => {
      const expiry = Number(lasts) ? new Date(serverNow() + Number(lasts) * DAY).toISOString() : null;
      return send("POST", "/api/v1/tokens/", { name: name.trim(), scope, sites: sites.length ? sites : null, expiry });
    },
    saved: async (made) => {
      setText(byId("token-text"), made.token);
      byId("token-once").hidden = false;
      await read();
    },
  });
}

async function changePassword(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const form = byId("password-form");
  for (const shown of form.querySelectorAll(".error")) shown.remove();
  byId("password-errors").hidden = true;
  byId("password-save").disabled = true;
  const { current, new: wanted, again, keep_tokens: keep } = Object.fromEntries(new FormData(form));
  try {
    if (wanted !== again) throw Object.assign(new Error(), { body: { again: [t("This is not the same.")] } });
    await send("POST", "/api/v1/account/password/", { current, new: wanted, keep_tokens: keep === "on" });
    form.reset();
    setText(byId("password-said"), keep ? t("The password is changed; your other sessions have ended.") : t("The password is changed; your other sessions and your API tokens have ended."));
    await read();
  } catch (error) {
    showErrors(form, byId("password-errors"), /** @type {any} */ (error));
  } finally {
    byId("password-save").disabled = false;
  }
}

byId("password-form").addEventListener("submit", changePassword);
byId("end-others").addEventListener("click", () => carryOut(() => send("DELETE", "/api/v1/account/sessions/")));
byId("new-token").addEventListener("click", makeToken);
keepRead(["account"], read);
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(() => !document.hidden && read(), REFRESH);
