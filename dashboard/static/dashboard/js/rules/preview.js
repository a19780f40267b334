/** What becomes of messages while a rule is written: its tests, and the last messages of its topic. */

import { byId, el, setText } from "../page/element.js";
import { newest } from "../page/newest.js";
import { send } from "../page/rest.js";
import { sampleRow } from "./sample-row.js";
import { t } from "../page/language.js";

const TYPED = 300; // ms after the last key
const AGAIN = 2_000; // ms between two looks for newer messages

/** @typedef {{topic: string, payload: string, expected: any}} Test */

export class Preview {
  /** @param {{definition: () => any, told: (errors: Record<string, string>, filter: string|null) => void, changed: () => void}} of
   * `told`: what is wrong and what would be subscribed; `changed`: the tests did */
  constructor(of) {
    this.of = of;
    /** @type {Test[]} */ this.tests = [];
    this.timer = 0;
    this.attempt = newest((/** @type {any} */ definition) => send("POST", "/api/v1/rules/preview/", { definition, samples: this.tests, kept: true }),
      (answer) => this.#show(answer), ({ status, message }) =>
        setText(byId("preview-count"), status ? t("Not tried: {message}", { message }) : t("Not tried: {message} It is tried again.", { message })));
    byId("try-add").addEventListener("click", () => this.#add({ topic: byId("try-topic").value.trim(), payload: byId("try-payload").value, expected: null }));
    setInterval(() => !document.hidden && !byId("preview").hidden && this.#ask(), AGAIN);
  }

  /** Something was typed. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), TYPED);
  }

  /** @param {Test[]} tests of the rule that is shown now */
  begin(tests) {
    this.tests = tests.map(({ topic, payload, expected }) => ({ topic, payload, expected: expected ?? null }));
    byId("samples").replaceChildren();
    byId("samples-empty").hidden = false;
    setText(byId("samples-empty"), t("Loading"));
    setText(byId("preview-count"), "");
    this.#ask();
  }

  #ask() {
    clearTimeout(this.timer);
    const definition = this.of.definition();
    if (definition !== null) this.attempt(definition);
    else {
      this.attempt.forget();
      this.of.told({ json: t("This is no JSON.") }, null);
    }
  }

  #show(/** @type {any} */ { errors, filter, samples }) {
    this.of.told(errors, filter);
    const wrong = Object.keys(errors).length > 0;
    byId("samples").classList.toggle("is-old", wrong);
    if (wrong) {
      setText(byId("preview-count"), t("As soon as nothing is wrong above"));
      setText(byId("samples-empty"), t("The messages are tried as soon as nothing is wrong above."));
      return;
    }
    byId("samples").replaceChildren(...samples.map((/** @type {any} */ tried, /** @type {number} */ at) => sampleRow(tried, this.#acts(tried, at))));
    const read = samples.filter((/** @type {any} */ each) => ["stored", "partial"].includes(each.verdict)).length;
    setText(byId("preview-count"), samples.length ? t("{read} of {length} read", { read, length: samples.length }) : "");
    byId("samples-empty").hidden = samples.length > 0;
    setText(byId("samples-empty"), t("No message came on this topic just now, and none is kept. Once the rule is saved the bridge listens to it; until then try a message of your own."));
  }

  /** @returns {HTMLElement[]} */
  #acts(/** @type {any} */ tried, /** @type {number} */ at) {
    const act = (/** @type {string} */ text, /** @type {() => void} */ work) => el("button", { class: "button tiny", text, attrs: { type: "button" }, on: { click: work } });
    if (tried.source !== "given") {
      return tried.size === new TextEncoder().encode(tried.payload).length
        ? [act(t("Keep as a test"), () => this.#add({ topic: tried.topic, payload: tried.payload, expected: result(tried.devices) }))] : [];
    }
    return [
      act(t("Expect this"), () => this.#change(() => (this.tests[at].expected = result(tried.devices)))),
      act(t("Remove"), () => this.#change(() => this.tests.splice(at, 1))),
    ];
  }

  #add(/** @type {Test} */ test) {
    if (test.topic) this.#change(() => this.tests.unshift(test));
    else byId("try-topic").focus();
  }

  #change(/** @type {() => void} */ change) {
    change();
    this.of.changed();
    this.#ask();
  }
}

/** By device, the newest value of each metric: as the server compares it. @param {any[]} devices */
function result(devices) {
  return Object.fromEntries(devices.filter(({ samples }) => samples.length).map(({ uid, samples }) => [uid,
    Object.assign({}, ...[...samples].sort((a, b) => (a.time ?? 0) - (b.time ?? 0)).map(({ values }) => values))]));
}
