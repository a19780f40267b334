/** The notifications page: a tab each for oneself, who is on call, policies, words and what was sent. */

import { byId, endTrouble, showTrouble } from "../page/element.js";
import { ChannelList } from "./channel-list.js";
import { Log } from "./log.js";
import { OnCall } from "./on-call.js";
import { Policies } from "./policies.js";
import { Wishes } from "./wishes.js";
import { Words } from "./words.js";
import { keepRead } from "../live/live.js";
import { el } from "../page/element.js";
import { get } from "../page/rest.js";
import { showInAddress } from "../page/address.js";
import { typing } from "../frame/frame.js";
import { t } from "../page/language.js";
import { inTurn } from "../page/in-turn.js";

const ME = "/api/v1/notifications/me/";
const TABS = ["mine", "on-call", "policies", "words", "log"];

const wishes = new Wishes(ME);
const channels = new ChannelList(() => read());
const onCall = new OnCall(() => read());
const policies = new Policies(() => read());
const words = new Words();
const log = new Log({
  shown: () => tab === "log" && endTrouble(byId("trouble")),
  failed: (error) => tab === "log" && failed(error),
});
const sites = JSON.parse(byId("sites").textContent);
const tabs = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-tab]")]);
const query = new URLSearchParams(location.search);
let tab = TABS.includes(query.get("tab") ?? "") ? String(query.get("tab")) : "mine";

/** Read what the open tab shows. */
const read = inTurn(async () => {
  try {
    if (tab === "mine") {
      const { saves } = wishes;
      const me = await get(ME);
      if (saves === wishes.saves) wishes.show(me);
      await channels.read(me.name);
    }
    else if (tab === "words") await words.read();
    else if (tab === "log") return await log.read(); // which tells itself how it went
    else {
      const { people, rooms } = await get("/api/v1/notifications/recipients/");
      const names = people.map((/** @type {{name: string}} */ { name }) => name);
      await onCall.read(names);
      if (tab === "policies") await policies.read({ people: names, teams: onCall.teams, rotas: onCall.rotas, rooms, sites });
    }
    endTrouble(byId("trouble"));
  } catch (error) {
    failed(/** @type {Error} */ (error));
  }
});

function failed(/** @type {Error} */ error) {
  showTrouble(byId("trouble"), t("This could not be read. {message}", { message: error.message }), read);
}

function turnTo(/** @type {string} */ wanted) {
  tab = wanted;
  for (const button of tabs) button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
  for (const panel of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-panel]"))) panel.hidden = panel.dataset.panel !== tab;
  if (tab === "log") log.address();
  else showInAddress({ tab: tab === "mine" ? "" : tab });
}

function show(/** @type {string} */ wanted) {
  turnTo(wanted);
  read();
}

for (const button of tabs) button.addEventListener("click", () => show(String(button.dataset.tab)));
document.addEventListener("keydown", (event) => {
  const number = Number(event.key);
  if (!typing(event) && number >= 1 && number <= TABS.length) show(TABS[number - 1]);
});
byId("zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => el("option", { attrs: { value: zone } })));
turnTo(tab);
keepRead(["notifications"], read);
document.addEventListener("visibilitychange", () => !document.hidden && read());
