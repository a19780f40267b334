/** The button that has this browser be told, also while no page of ours is open. */

import { byId } from "../page/element.js";
import { browserName } from "./browser-name.js";
import { obstacle, subscribe, subscribed, unsubscribe } from "./subscribe.js";
import { t } from "../page/language.js";

const KEY = "pulseboard.push"; // the id of this browser's channel, as this browser remembers it

function remembered() {
  try {
    return Number(localStorage.getItem(KEY));
  } catch {
    return 0; // storage is forbidden
  }
}

function remember(/** @type {number} */ id) {
  try {
    localStorage.setItem(KEY, String(id));
  } catch {
    // Then the button offers it again, which changes nothing.
  }
}

export class ThisBrowser {
  /** @param {() => any} changed */
  constructor(changed) {
    this.changed = changed;
    this.on = false;
    this.button = /** @type {HTMLButtonElement} */ (byId("this-browser"));
    this.said = byId("this-browser-said");
    this.button.addEventListener("click", () => this.#toggle());
  }

  /** Somebody may have deleted its channel elsewhere. @param {{id: number, enabled: boolean}[]} own the channels of who looks */
  async show(own) {
    const there = own.some(({ id, enabled }) => id === remembered() && enabled);
    this.on = there && (await subscribed()) !== null;
    this.button.textContent = this.on ? t("Not in this browser any more") : t("Tell me in this browser");
    this.button.disabled = obstacle() !== "";
    this.#say(obstacle());
  }

  #say(/** @type {string} */ why) {
    this.said.hidden = !why;
    this.said.textContent = why && t("Not in this browser: {why}", { why });
  }

  async #toggle() {
    this.button.disabled = true;
    try {
      if (this.on) await unsubscribe();
      else remember((await subscribe(browserName(navigator.userAgent)))?.id ?? 0);
      await this.changed();
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message);
    }
    this.button.disabled = obstacle() !== "";
  }
}
