/** Edit a device where one looks at it: facts, metrics, limits, token; disable it, delete it. */

import { complaints } from "../page/form-dialog.js";
import { connection, keepRead } from "../live/live.js";
import { devicePath, get, RestError, send } from "../page/rest.js";
import { Drawer, section, trouble } from "./drawer.js";
import { EditForm } from "./edit-form.js";
import { el, toast } from "../page/element.js";
import { fields, siteOptions, some } from "./device-fields.js";
import { LimitRows } from "./limit-rows.js";
import { removeDevices, restoreDevices } from "./undo.js";
import { SeriesRows } from "./series-rows.js";
import { t } from "../page/language.js";
import { tokenRotation } from "./token.js";
import { inTurn } from "../page/in-turn.js";

const LIMITS = "thresholds"; // the key of the limits in the metadata; they have rows of their own

/** The one that is open. @type {DeviceDrawer|null} */
let open = null;
connection.on("device", (message) => open?.heard(message));
connection.on("series", (message) => message.uid === open?.uid && open?.read());
keepRead([], () => open?.read());

/** @param {string} uid @param {{drag?: (metric: string) => void}} [options] `drag` leads to the chart of a metric */
export function openDevice(uid, { drag } = {}) {
  open = new DeviceDrawer(uid, drag);
}

class DeviceDrawer {
  constructor(/** @type {string} */ uid, /** @type {((metric: string) => void)|undefined} */ drag) {
    this.uid = uid;
    /** it was deleted: nothing is known of it any more */ this.isGone = false;
    /** @type {any} */ this.device = null;
    this.drawer = new Drawer(uid, { isDirty: () => this.isDirty, closed: () => { if (open === this) open = null; } });
    this.problems = el("ul", { class: "wrong work-problems", attrs: { role: "alert", hidden: "" } });
    this.save = /** @type {HTMLButtonElement} */ (el("button", { class: "button main", text: t("Save"), attrs: { disabled: "" }, on: { click: () => this.#save() } }));
    this.isSaving = false; // what is written meanwhile is for the next save, not for a second one beside it
    const touched = () => { this.save.disabled = this.isSaving || !this.isDirty; };
    this.series = new SeriesRows(touched);
    this.limits = new LimitRows(uid, touched, drag ? (metric) => { this.drawer.leave(); if (!this.drawer.element.open) drag(metric); } : null);
    this.touched = touched;
    /** @type {EditForm|null} */ this.form = null;
    /** Read it, for the first time or again. */ this.read = inTurn(() => this.#read());
    this.drawer.body.append(el("p", { class: "quiet", text: t("Loading") }));
    this.read();
  }

  get isDirty() {
    return Boolean(this.form?.isDirty) || this.series.isDirty || this.limits.isDirty;
  }

  async #read() {
    if (this.isGone) return;
    try {
      const [sites, device, series] = await Promise.all([this.form ? null : siteOptions(), get(`${devicePath(this.uid)}/`),
        get(`/api/v1/series/?device=${encodeURIComponent(this.uid)}&page_size=1000`)]);
      if (sites) this.#build(sites, device);
      this.#show(device, series.results);
    } catch (error) {
      const said = trouble(/** @type {Error} */ (error).message);
      said.append(el("button", { class: "button tiny", text: t("Try again"), on: { click: () => { said.remove(); this.read(); } } }));
      this.drawer.body.querySelector(":scope > .wrong")?.remove();
      if (this.form) this.drawer.body.prepend(said);
      else this.drawer.body.replaceChildren(said);
    }
  }

  #build(/** @type {any} */ sites, /** @type {any} */ device) {
    const all = fields(sites);
    this.form = new EditForm(some(all, "name", "kind", "site", "expected_interval", "tags", "location", "latitude", "longitude", "notes", "enabled", "mqtt_filters", "metadata"), this.touched);
    const rotation = tokenRotation(device, () => this.read());
    const remove = el("button", { class: "button danger", text: t("Delete the device"), attrs: { type: "button" }, on: { click: () => this.#remove() } });
    this.drawer.body.replaceChildren(this.problems, section(t("Device"), el("p", { class: "mono small quiet", text: device.uid }), this.form.element),
      section(t("Metrics"), this.series.element), section(t("Limits"), el("p", { class: "small quiet", text: t("Lines on its charts. A value on the wrong side is a problem on the fleet's page; alert rules tell people.") }), this.limits.element),
      section(t("Token"), rotation), section(t("Delete"), el("p", { class: "soft", text: t("It goes from every page, with its readings. It can be had back for 7 days, as it was.") }), remove));
    this.drawer.foot(this.save, el("button", { class: "button", text: t("Cancel"), on: { click: () => this.drawer.leave() } }));
  }

  #show(/** @type {any} */ device, /** @type {any[]} */ series) {
    this.device = device;
    this.drawer.heading.textContent = device.name;
    const { [LIMITS]: limits, ...metadata } = device.metadata;
    this.form?.show({ ...device, metadata });
    this.series.show(series);
    this.limits.show(series, limits ?? {});
    this.touched();
  }

  /** A change of some device, by whomever. @param {any} message */
  heard({ change, device }) {
    if (device.uid !== this.uid) return;
    this.isGone = change === "deleted";
    this.read();
    if (this.isGone && this.device) {
      this.save.disabled = true;
      this.#complain([t("This device was deleted meanwhile.")]);
      this.problems.append(el("li", {}, el("button", { class: "button tiny", text: t("Restore it"), on: { click: () => restoreDevices([this.uid]) } })));
    }
  }

  #complain(/** @type {string[]} */ said) {
    this.problems.replaceChildren(...said.map((text) => el("li", { text })));
    this.problems.hidden = said.length === 0;
    if (said.length) this.problems.scrollIntoView({ block: "nearest" });
  }

  async #save() {
    this.isSaving = true;
    this.touched();
    try {
      const wrong = [...(await this.#saveFacts()), ...(await this.series.save()), ...(await this.limits.save())];
      await this.read(); // what was answered while some of it was saved may be older than that
      this.#complain(wrong);
      if (wrong.length) return;
      if (!this.isDirty) {
        toast(t("Saved."));
        this.drawer.close();
      }
    } catch (error) {
      this.#complain([`${t("Not saved.")} ${/** @type {Error} */ (error).message}`]);
    } finally {
      this.isSaving = false;
      this.touched();
    }
  }

  /** @returns {Promise<string[]>} what went wrong and has no field of its own */
  async #saveFacts() {
    const { form } = this;
    if (!form?.isDirty) return [];
    const limits = this.device.metadata[LIMITS];
    const whole = (/** @type {any} */ given) => ("metadata" in given && typeof given.metadata === "object" && limits !== undefined ? { ...given, metadata: { ...given.metadata, [LIMITS]: limits } } : given);
    try {
      const saved = await send("PATCH", `${devicePath(this.uid)}/`, { ...whole(form.changes), was: whole(form.was) });
      this.#show(saved, [...this.series.rows].map(([id, { form: row, metric }]) => ({ ...row.saved, id, metric })));
      form.complain({});
      return [];
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error.status === 409 && error.body?.now) {
        await this.read();
        return [t("Somebody else changed the same meanwhile. Look at what they wrote, and save again.")];
      }
      return error.status === 400 ? form.complain(complaints(error.body)) : [`${t("Not saved.")} ${error.message}`];
    }
  }

  async #remove() {
    this.isGone = true;
    try {
      await removeDevices([this.uid], this.device.name);
      this.form = null; // nothing of it is to be saved
      this.series.rows.clear();
      this.limits.groups.clear();
      this.drawer.close();
    } catch (error) {
      this.isGone = false;
      this.#complain([`${t("Not deleted.")} ${/** @type {Error} */ (error).message}`]);
    }
  }
}
