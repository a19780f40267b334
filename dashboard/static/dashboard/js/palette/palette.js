/** The command palette: Ctrl-K or `/` on every page leads to anything with a name, and does anything the page can. */

import { acts, matching, offer, offerTimes, times } from "./offers.js";
import { byId, el, icon } from "../page/element.js";
import { get } from "../page/rest.js";
import { humanise } from "../page/format.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";
import { typing } from "../frame/frame.js";
import { views } from "../views/views.js";

export { offer, offerTimes };

const PAUSE = 120; // ms without a key before the server is asked
const MOST = 8; // of each sort

/** @typedef {import("./offers.js").Offer} Offer */

const go = (/** @type {string} */ path) => () => location.assign(path);

class Palette {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (byId("palette"));
    this.field = /** @type {HTMLInputElement} */ (byId("palette-field"));
    this.list = byId("palette-list");
    /** what can be chosen now, as it stands @type {{offer: Offer, element: HTMLElement}[]} */ this.shown = [];
    this.at = 0;
    this.moved = false; // the viewer has chosen one by the arrows
    this.timer = 0;
    this.ask = newest((/** @type {string} */ text) => get(`/api/v1/search/?q=${encodeURIComponent(text.slice(0, 200))}&limit=${MOST}`),
      (found, text) => this.#take(found, text), (_, text) => this.#take(null, text));
    /** what the server found for `foundFor` @type {any} */ this.found = null;
    this.foundFor = "";
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    // Before any key of a page: also where one types.
    document.addEventListener("keydown", (event) => {
      const ctrlK = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
      if (!ctrlK && (event.key !== "/" || typing(event))) return;
      if (!this.dialog.open && document.querySelector("dialog[open]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (this.dialog.open) this.dialog.close();
      else this.open();
    }, { capture: true });
    byId("palette-open").addEventListener("click", () => this.open());
  }

  open() {
    this.moved = false;
    this.field.value = "";
    this.found = null;
    this.foundFor = "";
    clearTimeout(this.timer);
    this.ask.forget(); // it was for what was written then
    this.dialog.showModal();
    this.#show();
  }

  #typed() {
    this.moved = false;
    this.#show();
    clearTimeout(this.timer);
    const text = this.field.value.trim();
    if (text) this.timer = setTimeout(() => this.ask(text), PAUSE);
  }

  #take(/** @type {any} */ found, /** @type {string} */ text) {
    this.found = found;
    this.foundFor = text;
    this.#show();
  }

  /** What there is for the text, by sort. @returns {[string, Offer[]][]} */
  #sorts() {
    const text = this.field.value.trim();
    // What was found for less is better than nothing until the answer comes.
    const found = text && this.found && text.startsWith(this.foundFor.slice(0, 1)) ? this.found : { devices: [], series: [], sites: [] };
    const device = (/** @type {string} */ uid) => `/devices/${encodeURIComponent(uid)}/`;
    const named = views.all.map((view) => ({ name: view.name, about: view.shared ? t("Shared") : "", icon: "i-views", run: go(view.path) }));
    /** @type {[string, Offer[]][]} */ const sorts = [
      [t("Times"), times(text)],
      [t("Devices"), found.devices.map((/** @type {any} */ one) => ({ name: one.name, about: [one.site, one.kind, one.uid].filter(Boolean).join(" · "), icon: "i-fleet", run: go(device(one.uid)) }))],
      [t("Series"), found.series.map((/** @type {any} */ one) => ({ name: one.label || humanise(one.metric), about: one.device_name, icon: "i-pipeline", run: go(`${device(one.device)}?series=${one.id}`) }))],
      [t("Sites"), found.sites.map((/** @type {any} */ one) => ({ name: one.name, about: "", icon: "i-inbox", run: go(`/sites/${encodeURIComponent(one.slug)}/`) }))],
      [t("Views"), matching(named, text).slice(0, MOST)],
      [t("Actions"), matching(acts(), text).slice(0, text ? MOST : 2 * MOST)],
      [t("Pages"), matching(pages(), text)],
    ];
    if (text) sorts.push([t("Fleet"), [{ name: t("Devices with “{text}”", { text }), icon: "i-search", run: go(`/?search=${encodeURIComponent(text)}`) }]]);
    return sorts.filter(([, offers]) => offers.length);
  }

  #show() {
    const chosen = this.moved ? this.shown[this.at]?.offer.name : undefined;
    this.shown = [];
    const groups = this.#sorts().map(([title, offers], number) => el("div", { class: "palette-group", attrs: { role: "group", "aria-labelledby": `palette-group-${number}` } },
      el("p", { class: "sheet-title", text: title, attrs: { id: `palette-group-${number}` } }),
      ...offers.map((one) => {
        const element = el("div", { class: "palette-item", attrs: { role: "option", id: `palette-item-${this.shown.length}`, "aria-selected": "false" }, on: { click: () => this.#run(one) } },
          icon(one.icon ?? "i-play"), el("span", { class: "clip", text: one.name }), el("span", { class: "quiet clip", text: one.about ?? "" }));
        this.shown.push({ offer: one, element });
        return element;
      })));
    this.list.replaceChildren(...groups);
    byId("palette-none").hidden = this.shown.length > 0;
    // An answer that comes moves nobody's choice.
    this.#mark(Math.max(0, this.shown.findIndex(({ offer: { name } }) => name === chosen)));
  }

  #mark(/** @type {number} */ at) {
    this.shown[this.at]?.element.setAttribute("aria-selected", "false");
    this.at = Math.min(Math.max(0, at), Math.max(0, this.shown.length - 1));
    const now = this.shown[this.at];
    now?.element.setAttribute("aria-selected", "true");
    now?.element.scrollIntoView({ block: "nearest" });
    if (now) this.field.setAttribute("aria-activedescendant", now.element.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: MOST, PageUp: -MOST }[event.key];
    if (step !== undefined) {
      this.moved = true;
      this.#mark(this.at + step);
    } else if (event.key === "Enter" && this.shown[this.at]) this.#run(this.shown[this.at].offer);
    else return;
    event.preventDefault();
  }

  #run(/** @type {Offer} */ one) {
    this.dialog.close();
    one.run();
  }
}

/** The sections of the rail and of the account's menu, as they are named there. @returns {Offer[]} */
function pages() {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".rail nav a[href], .bar .tools .sheet a.item[href]"));
  const all = { name: t("All devices"), words: t("Devices"), icon: "i-fleet", run: go("/devices/") };
  return [all, ...[...links].map((link) => ({ name: named(link), icon: link.querySelector("use")?.getAttribute("href")?.slice(1) ?? "i-docs", run: () => link.click() }))];
}

/** Without what its bubble counts. @param {HTMLElement} link */
function named(link) {
  return [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim();
}

export function wirePalette() {
  if (document.getElementById("palette")) new Palette();
}
