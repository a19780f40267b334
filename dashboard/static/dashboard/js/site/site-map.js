/** Where the devices of a site are, drawn without a map of others: dots with their state, a scale, north up. */

import { grouped, projection, scaleBar, sides } from "./map-shape.js";
import { byId, setText, shape } from "../page/element.js";
import { number, THIN } from "../page/format.js";
import { STATES, WORDS } from "../presence/presence.js";
import { t, tn } from "../page/language.js";

const HEIGHT = 320; // px
const BAR = 96; // px of the scale at most
const LONGEST = 24; // letters of a name that are shown

/** @typedef {import("./site-device.js").SiteDevice} SiteDevice */

const short = (/** @type {string} */ name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

export class SiteMap {
  constructor() {
    this.area = byId("map");
    /** @type {SiteDevice[]} */ this.devices = [];
    /** the devices it is zoomed to; none: all @type {Set<string>} */ this.near = new Set();
    this.key = "";
    byId("map-whole").addEventListener("click", () => this.#zoom([]));
    new ResizeObserver(() => this.#draw(true)).observe(this.area);
  }

  /** @param {SiteDevice[]} devices in their order */
  show(devices) {
    this.devices = devices;
    this.#draw(false);
  }

  #zoom(/** @type {SiteDevice[]} */ devices) {
    this.near = new Set(devices.map(({ uid }) => uid));
    this.#draw(true);
    byId(devices.length ? "map-whole" : "map").focus();
  }

  #draw(/** @type {boolean} */ anew) {
    const placed = this.devices.filter(({ position }) => position !== null);
    byId("map-card").classList.toggle("is-empty", placed.length === 0);
    byId("map-empty").hidden = placed.length > 0;
    this.area.hidden = placed.length === 0;
    const without = this.devices.length - placed.length;
    setText(byId("map-note"), placed.length && without ? tn("{n} device has no position", "{n} devices have no position", without, { n: number(without, 0) }) : "");
    const width = this.area.clientWidth;
    if (!placed.length || !width) return;
    const key = placed.map(({ uid, position, state, name }) => [uid, position, state, name].join()).join("|") + width;
    if (!anew && key === this.key) return;
    this.key = key;
    const near = placed.filter(({ uid }) => this.near.has(uid));
    const whole = near.length === 0;
    byId("map-whole").hidden = whole;
    const { place, metresAPixel } = projection((whole ? placed : near).map(({ position }) => /** @type {any} */ (position)), width, HEIGHT);
    const at = (/** @type {SiteDevice} */ device) => place(/** @type {any} */ (device.position));
    const inside = placed.filter((device) => at(device).every((px, i) => px > -8 && px < [width, HEIGHT][i] + 8));
    const groups = grouped(inside, at);
    // Where there is room for some names only, for those of what is wrong.
    const named = groups.filter(({ things }) => things.length === 1).sort((a, b) => Number(b.things[0].isBad) - Number(a.things[0].isBad));
    const dots = [...named, ...groups.filter(({ things }) => things.length > 1)].map(({ x, y, things }) => ({ x, y, name: things.length === 1 ? short(things[0].name) : "" }));
    const side = new Map(sides(dots, width).map((each, i) => [named[i], each]));
    const scale = scaleBar(metresAPixel, BAR);
    const focused = /** @type {HTMLElement|null} */ (document.activeElement?.closest("[data-dot]"))?.dataset.dot;
    this.area.replaceChildren(shape("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": t("Map of the devices, north up") },
      this.#grid(width, scale.px), ...groups.map((group) => this.#dot(group, side.get(group) ?? null)), this.#scale(scale)));
    if (focused) /** @type {any} */ (this.area.querySelector(`[data-dot="${CSS.escape(focused)}"]`))?.focus();
  }

  #grid(/** @type {number} */ width, /** @type {number} */ step) {
    let d = "";
    for (let x = (width / 2) % step; x < width; x += step) d += `M${x.toFixed(1)} 0V${HEIGHT}`;
    for (let y = (HEIGHT / 2) % step; y < HEIGHT; y += step) d += `M0 ${y.toFixed(1)}H${width}`;
    return shape("path", { class: "grid", d });
  }

  #scale(/** @type {{metres: number, px: number}} */ { metres, px }) {
    const text = shape("text", { x: 16 + px / 2, y: HEIGHT - 20, class: "scale-text", "text-anchor": "middle" });
    text.textContent = metres < 1000 ? [metres, "m"].join(THIN) : [number(metres / 1000, 0), "km"].join(THIN);
    return shape("g", { "aria-hidden": "true" }, shape("path", { class: "scale", d: `M16 ${HEIGHT - 16}v4h${px.toFixed(1)}v-4` }), text);
  }

  #dot(/** @type {{x: number, y: number, things: SiteDevice[]}} */ { x, y, things }, /** @type {"right"|"left"|null} */ side) {
    const worst = things.reduce((found, device) => (STATES.indexOf(/** @type {any} */ (device.state)) < STATES.indexOf(/** @type {any} */ (found.state)) ? device : found));
    const many = things.length > 1;
    const said = many ? tn("{n} device", "{n} devices", things.length, { n: number(things.length, 0) }) : worst.name;
    const word = /** @type {any} */ (WORDS)[worst.state];
    // Devices at one and the same place cannot be told apart by a closer look.
    const apart = many && things.some(({ position }) => String(position) !== String(worst.position));
    const link = shape("a", { class: "dot", "data-state": worst.state, "data-dot": worst.uid, "aria-label": many ? t("{devices} here, worst: {state}", { devices: said, state: word }) : `${said}, ${word}`,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, href: apart ? "#map" : worst.href });
    const title = shape("title", {});
    title.textContent = things.map(({ name, state }) => `${name}: ${/** @type {any} */ (WORDS)[state]}`).join("\n");
    link.append(title, shape("circle", { class: "under", r: many ? 14 : 10 }));
    if (many) {
      const count = shape("text", { class: "count", "text-anchor": "middle", y: 4 });
      count.textContent = String(things.length);
      link.append(shape("circle", { class: "ring", r: 13 }), count);
    } else link.append(shape("use", { class: "mark", href: `#m-${worst.state}`, x: -7, y: -7, width: 14, height: 14 }));
    if (side) {
      const name = shape("text", { class: "name", x: side === "left" ? -14 : 14, y: 4, "text-anchor": side === "left" ? "end" : "start" });
      name.textContent = short(worst.name);
      link.append(name);
    }
    if (apart) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.#zoom(things);
      });
    }
    return link;
  }
}
