/** Invitations one has made: a link that makes an account with a role. */

import { ask } from "../page/form-dialog.js";
import { byId, el, setText, toast } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { moment } from "../time/moment.js";
import { t } from "../page/language.js";

/** @typedef {{id: number, role: string, site: string|null, email: string, expires: number}} Invitation */

const ADDRESS = "/api/v1/account/invitations/";
const there = document.getElementById("invitations");
const roles = () => [
  { value: "viewer", label: t("looks") },
  { value: "operator", label: t("looks, and attends to what happens") },
  { value: "administrator", label: t("does everything") },
];

export const readInvitations = inTurn(async () => {
  if (!there) return;
  /** @type {Invitation[]} */
  const standing = await get(ADDRESS);
  there.removeAttribute("aria-busy");
  there.hidden = standing.length === 0;
  byId("invitations-none").hidden = standing.length > 0;
  there.replaceChildren(...standing.map((one) => el("li", {},
    el("div", { class: "what" }, el("b", { text: one.email || t("A link") }),
      el("span", { class: "small quiet", text: [roles().find(({ value }) => value === one.role)?.label ?? "", one.site ?? t("every site")].join(" · ") })),
    el("span", { class: "soft", text: t("until {when}", { when: moment(one.expires) }) }),
    el("button", { class: "button tiny", text: t("Withdraw"), on: { click: () => withdraw(one) } }))));
});

async function withdraw(/** @type {Invitation} */ one) {
  try {
    await send("DELETE", `${ADDRESS}${one.id}/`);
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
  await readInvitations();
}

function invite() {
  /** @type {{slug: string, name: string}[]} */
  const sites = JSON.parse(byId("invite-sites").textContent ?? "[]");
  const mails = byId("invite-mails").textContent === "true";
  ask({
    title: t("Invite somebody"), act: t("Invite"),
    fields: [
      { name: "role", label: t("What they may do"), type: "select", value: "operator", wide: true, options: roles() },
      { name: "site", label: t("Where"), type: "select", value: sites[0]?.slug ?? "", wide: true, options: sites.map(({ slug, name }) => ({ value: slug, label: name })) },
      ...(mails ? [{ name: "email", label: t("E-mail"), type: "email", wide: true, hint: t("It is sent there. Empty: you pass the link on.") }] : []),
    ],
    save: ({ role, site, email }) => send("POST", ADDRESS, { role, site: site || null, email: (email ?? "").trim() }),
    saved: async (made) => {
      setText(byId("invitation-link"), new URL(made.link, location.href).href);
      byId("invitation-once").hidden = false;
      await readInvitations();
    },
  });
}

if (there) byId("invite").addEventListener("click", invite);
