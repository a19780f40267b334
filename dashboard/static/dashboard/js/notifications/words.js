/** The words of each kind of notification, with a preview while one writes. */

import { byId, el, setText } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { newest } from "../page/newest.js";
import { t } from "../page/language.js";

const CALLED = /** @type {Record<string, string>} */ ({ fired: t("It has fired"), worsened: t("It has become worse"), escalated: t("Nobody has acknowledged"), cleared: t("It is over"), digest: t("Several together") });
const SOON = 250; // ms after the last key until the preview is asked for

export class Words {
  constructor() {
    /** @type {{what: string, subject: string, text: string, ours: boolean}[]} */ this.wordings = [];
    this.form = byId("words");
    this.dirty = false;
    this.saves = 0; // begun and ended: an answer from before one says nothing
    /** @type {() => Promise<void>} */ this.preview = newest(() => this.#tried(), (said) => {
      setText(byId("preview-subject"), said.subject);
      setText(byId("preview-text"), said.text);
      this.#complain(said.errors);
    }, ({ message }) => this.#complain({ text: message }));
    /** @type {ReturnType<typeof setTimeout>|undefined} */ this.timer = undefined;
    this.form.what.addEventListener("change", () => this.#show());
    this.form.addEventListener("input", (/** @type {Event} */ event) => {
      if (event.target === this.form.what) return;
      this.dirty = true;
      this.#soon();
    });
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    });
    byId("words-ours").addEventListener("click", () => this.#giveBack());
  }

  /** Raises what `get` raises. What somebody is writing stays. */
  async read() {
    const { saves } = this;
    const { wordings, places } = await get("/api/v1/notifications/wordings/");
    if (saves !== this.saves) return;
    this.wordings = wordings;
    byId("places").textContent = places.map((/** @type {string} */ name) => `{${name}}`).join(" ");
    if (!this.form.what.options.length) this.form.what.replaceChildren(...wordings.map((/** @type {any} */ { what }) => el("option", { text: CALLED[what] ?? what, attrs: { value: what } })));
    if (!this.dirty && this.#isAnother()) this.#show();
  }

  /** Whether it is no more what the form shows: then what was said of it holds no more. */
  #isAnother() {
    const wording = this.wordings.find(({ what }) => what === this.form.what.value);
    return wording && (wording.subject !== this.form.subject.value || wording.text !== this.form.text.value || byId("words-ours").hidden !== wording.ours);
  }

  #show() {
    const wording = this.wordings.find(({ what }) => what === this.form.what.value);
    if (!wording) return;
    this.dirty = false;
    this.form.subject.value = wording.subject;
    this.form.text.value = wording.text;
    byId("words-ours").hidden = wording.ours;
    setText(byId("words-saved"), "");
    this.preview();
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), SOON);
  }

  #tried() {
    const { what, subject, text } = this.form;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    return send("POST", "/api/v1/notifications/preview/", { what: what.value, subject: subject.value, text: text.value, zone });
  }

  #complain(/** @type {Record<string, string>} */ errors) {
    for (const name of ["subject", "text"]) {
      setText(byId(`words-${name}-error`), errors[name] ?? "");
      this.form[name].toggleAttribute("aria-invalid", Boolean(errors[name]));
    }
  }

  async #save() {
    const what = this.form.what.value;
    const [subject, text] = [this.form.subject.value, this.form.text.value];
    const isShown = () => what === this.form.what.value; // the other kinds' words stand there meanwhile
    this.saves += 1;
    try {
      const saved = await send("PATCH", `/api/v1/notifications/wordings/${what}/`, { subject, text });
      this.wordings = this.wordings.map((one) => (one.what === what ? { ...one, ...saved } : one));
      if (!isShown()) return;
      this.dirty = this.form.subject.value !== subject || this.form.text.value !== text;
      byId("words-ours").hidden = saved.ours;
      setText(byId("words-saved"), t("Saved"));
    } catch (error) {
      if (isShown()) setText(byId("words-saved"), t("Not saved: {message}", { message: /** @type {Error} */ (error).message }));
    } finally {
      this.saves += 1;
    }
  }

  async #giveBack() {
    const what = this.form.what.value;
    this.saves += 1;
    try {
      await send("DELETE", `/api/v1/notifications/wordings/${what}/`);
      this.saves += 1;
      if (what === this.form.what.value) this.dirty = false;
      await this.read();
    } catch (error) {
      if (what === this.form.what.value) setText(byId("words-saved"), /** @type {Error} */ (error).message);
    }
  }
}

/** To choose from, the mildest first. */
export const SEVERITIES = [{ value: "info", label: t("info") }, { value: "warning", label: t("warning") }, { value: "critical", label: t("critical") }];
