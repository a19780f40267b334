/** The fleet's search, site, groups, order, form and state chips; kept in the address so that a view can be shared. */

import { byId, el, icon, setText } from "../page/element.js";
import { showInAddress } from "../page/address.js";
import { STATES, WORDS } from "../presence/presence.js";
import { t } from "../page/language.js";
import { typing } from "../frame/frame.js";

const MAX_IN_ADDRESS = 100; // selected uids; a server takes an address of 8 KiB
/** What stands in a select, by its name: the first is what is meant without a word. */
const CHOICES = { group: ["", "site", "kind", "tag"], order: ["site", "name", "worst", "recent"], layout: ["", "tiles", "rows"] };

/** Arrows walk the tiles as they lie: to the side by one, up and down to the nearest in the next row.
 * @param {HTMLElement} list @param {KeyboardEvent} event @returns {HTMLElement|null} the tile it went to */
export function walk(list, event) {
  const here = document.activeElement?.closest(".device");
  if (typing(event) || !event.key.startsWith("Arrow")) return null;
  const tiles = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(":scope > .device")]);
  const at = here ? tiles.indexOf(/** @type {HTMLElement} */ (here)) : -1;
  const columns = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
  const row = Math.max(1, columns);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key] ?? 0;
  const next = tiles[at < 0 ? 0 : at + step];
  if (!next) return null;
  event.preventDefault();
  /** @type {HTMLElement|null} */ (next.querySelector("a"))?.focus();
  return next;
}

/** Shape and colour of a chip. @param {HTMLElement} chip @param {string} state or severity */
function mark(chip, state) {
  if (chip.dataset.state === state) return;
  chip.dataset.state = state;
  chip.querySelector("use")?.setAttribute("href", `#m-${state}`);
}

export class FleetFilter {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    const query = new URLSearchParams(location.search);
    this.search = query.get("search") ?? "";
    this.site = query.get("site") ?? "";
    this.group = this.#chosen("group", query);
    this.order = this.#chosen("order", query);
    this.layout = this.#chosen("layout", query);
    /** @type {Set<string>} */
    this.states = new Set((query.get("state") ?? "").split(",").filter((name) => /** @type {readonly string[]} */ (STATES).includes(name)));
    /** @type {Set<string>} */
    this.selected = new Set((query.get("selected") ?? "").split(",").filter(Boolean));
    this.only = query.has("only") && this.selected.size > 0;
    this.chips = new Map(STATES.map((name) => [name, this.#chip(name)]));
    byId("chips").append(...this.chips.values());
    this.#wire();
    this.#show();
  }

  #chosen(/** @type {keyof typeof CHOICES} */ name, /** @type {URLSearchParams} */ query) {
    const given = query.get(name) ?? "";
    return CHOICES[name].includes(given) ? given : CHOICES[name][0];
  }

  #chip(/** @type {string} */ name) {
    const count = el("b", { text: "0" });
    return el("button", {
      class: "chip", data: { state: name }, attrs: { "aria-pressed": "false" },
      on: { click: () => this.#set({ states: this.#toggled(name) }) },
    }, icon(`m-${name}`, "mark"), el("span", { text: /** @type {any} */ (WORDS)[name] }), count);
  }

  #toggled(/** @type {string} */ name) {
    const states = new Set(this.states);
    if (!states.delete(name)) states.add(name);
    return states;
  }

  #wire() {
    byId("search").addEventListener("input", () => this.#set({ search: byId("search").value }));
    byId("site")?.addEventListener("change", () => this.#set({ site: byId("site").value }));
    for (const name of Object.keys(CHOICES)) byId(name).addEventListener("change", () => this.#set({ [name]: byId(name).value }));
    byId("search-clear").addEventListener("click", () => {
      this.#set({ search: "" });
      byId("search").focus();
    });
    byId("clear").addEventListener("click", () => this.clear());
    byId("none-match-clear").addEventListener("click", () => this.clear());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && (!typing(event) || event.target === byId("search"))) {
        this.clear();
        byId("search").blur();
      }
    });
  }

  clear() {
    this.#set({ search: "", site: "", states: new Set(), only: false });
  }

  get active() {
    return this.search !== "" || this.site !== "" || this.states.size > 0 || this.only;
  }

  /** @param {string} search */
  find(search) {
    this.#set({ search });
  }

  /** @param {Iterable<string>} uids */
  select(uids) {
    const selected = new Set(uids);
    this.#set({ selected, only: this.only && selected.size > 0 });
  }

  /** @param {boolean} only show the selected and nothing else */
  showOnly(only) {
    this.#set({ only });
  }

  #set(/** @type {Partial<{search: string, site: string, group: string, order: string, layout: string, states: Set<string>, selected: Set<string>, only: boolean}>} */ part) {
    Object.assign(this, part);
    showInAddress({
      search: this.search, site: this.site, state: [...this.states].join(","), group: this.group, order: this.order === CHOICES.order[0] ? "" : this.order,
      layout: this.layout, selected: this.selected.size <= MAX_IN_ADDRESS ? [...this.selected].join(",") : "", only: this.only ? "1" : "",
    });
    this.#show();
    this.changed();
  }

  #show() {
    if (byId("search").value !== this.search) byId("search").value = this.search;
    if (byId("site")) byId("site").value = this.site;
    for (const name of /** @type {(keyof typeof CHOICES)[]} */ (Object.keys(CHOICES))) byId(name).value = this[name];
    byId("search-clear").hidden = this.search === "";
    byId("clear").hidden = !this.active;
    for (const [name, chip] of this.chips) chip.setAttribute("aria-pressed", String(this.states.has(name)));
  }

  /** @param {Record<string, number>} counts @param {number} hidden @param {string} severity of the worst alert
   * @param {boolean} unknown the states are old ones */
  showCounts(counts, hidden, severity, unknown) {
    byId("chips").classList.toggle("is-stale", unknown);
    byId("chips-known").hidden = !unknown;
    const alert = this.chips.get("alert");
    if (alert) mark(alert, severity || "alert");
    for (const [name, chip] of this.chips) {
      setText(chip.lastElementChild, String(counts[name]));
      chip.hidden = counts[name] === 0 && !this.states.has(name);
    }
    setText(byId("hidden-count"), hidden ? t("{n} hidden", { n: hidden }) : "");
  }
}
