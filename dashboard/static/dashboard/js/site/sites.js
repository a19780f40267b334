/** The list of sites: how many devices stand at each, what is open there, and a new one. */

import { byId, el, endTrouble, setText, showRows, showTrouble, stateMark } from "../page/element.js";
import { keepRead } from "../live/live.js";
import { current } from "../frame/alerts.js";
import { get } from "../page/rest.js";
import { inTurn } from "../page/in-turn.js";
import { number } from "../page/format.js";
import { openNewSite } from "./site-drawer.js";
import { t, tn } from "../page/language.js";

const REFRESH = 60_000; // ms
const AT_ONCE = 100; // sites of one answer
const MOST = 1_000; // sites that are shown

/** @type {any[]} */ let sites = [];
/** @type {Map<string, HTMLElement>} */ const rows = new Map();

const read = inTurn(async () => {
  try {
    let next = `/api/v1/sites/?page_size=${AT_ONCE}`;
    /** @type {any[]} */ const found = [];
    while (next && found.length < MOST) {
      const page = await get(next);
      found.push(...page.results);
      next = page.next;
    }
    sites = found;
    endTrouble(byId("trouble"));
    show();
  } catch (error) {
    showTrouble(byId("trouble"), t("The sites could not be read. {why}", { why: /** @type {Error} */ (error).message }), read);
  } finally {
    byId("progress").hidden = true;
  }
});

function show() {
  const open = current.of("open");
  byId("sites-none").hidden = sites.length > 0;
  byId("sites-card").hidden = sites.length === 0;
  setText(byId("count"), tn("{n} site", "{n} sites", sites.length, { n: number(sites.length, 0) }));
  showRows(byId("sites"), sites.map((site) => {
    const row = rows.get(site.slug) ?? el("li", {}, el("a", {}, el("b", { class: "clip" }), el("span", { class: "quiet clip" }), el("span", { class: "open-here" }), el("span", { class: "soft many" })));
    rows.set(site.slug, row);
    const link = /** @type {HTMLElement} */ (row.firstElementChild);
    link.setAttribute("href", `/sites/${encodeURIComponent(site.slug)}/`);
    setText(link.children[0], site.name);
    setText(link.children[1], site.address || site.slug);
    const here = open.filter((alert) => alert.site?.slug === site.slug);
    const said = here.length ? tn("{n} open alert", "{n} open alerts", here.length, { n: number(here.length, 0) }) : "";
    if (link.children[2].textContent !== said || here.length) link.children[2].replaceChildren(...(here.length ? [stateMark(here[0].severity, said)] : []));
    setText(link.children[3], tn("{n} device", "{n} devices", site.device_count, { n: number(site.device_count, 0) }));
    return row;
  }));
}

const made = (/** @type {{slug: string}} */ { slug }) => location.assign(`/sites/${encodeURIComponent(slug)}/`);
for (const id of ["new-site", "first-site"]) byId(id)?.addEventListener("click", () => openNewSite(made));
keepRead(["site", "device"], read);
current.addEventListener("changed", show);
document.addEventListener("visibilitychange", () => !document.hidden && read());
setInterval(() => !document.hidden && read(), REFRESH);
