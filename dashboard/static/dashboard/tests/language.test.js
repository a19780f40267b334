import assert from "node:assert/strict";
import { test } from "node:test";

/** The module as a page of that language has it. */
async function inLanguage(lang, words) {
  const address = words ? `data:text/javascript,export default ${encodeURIComponent(JSON.stringify(words))}` : undefined;
  /** @type {any} */ (globalThis).document = { documentElement: { lang, dataset: { words: address } } };
  try {
    return await import(`../js/page/language.js?${Math.random()}`);
  } finally {
    delete /** @type {any} */ (globalThis).document;
  }
}

test("english is what is written", async () => {
  const { t, tn, tx, language } = await inLanguage("en");
  assert.equal(language, "en");
  assert.equal(t("Since {when}: {what}", { when: "12:00", what: "{when}" }), "Since 12:00: {when}");
  assert.equal(t("{x} stays"), "{x} stays");
  assert.equal(tn("{n} device", "{n} devices", 1), "1 device");
  assert.equal(tn("{n} device", "{n} devices", 0), "0 devices");
  assert.equal(tn("{n} device", "{n} devices", 12345, { n: "12 345" }), "12 345 devices");
  assert.equal(tx("verb", "Open"), "Open");
});

test("german is what the catalogue says, and english where it says nothing", async () => {
  const { decimalSign, t, tn, tx, language } = await inLanguage("de", {
    "Since {when}": "Seit {when}", "{n} device": ["{n} Gerät", "{n} Geräte"], "verb\u0004Open": "Öffnen", Open: "Offen",
  });
  assert.equal(language, "de");
  assert.equal(decimalSign, ",");
  assert.equal(t("Since {when}", { when: "12:00" }), "Seit 12:00");
  assert.equal(tn("{n} device", "{n} devices", 1), "1 Gerät");
  assert.equal(tn("{n} device", "{n} devices", 2), "2 Geräte");
  assert.equal(tx("verb", "Open"), "Öffnen");
  assert.equal(t("Open"), "Offen");
  assert.equal(t("Not there"), "Not there");
});

test("a catalogue that does not come leaves english", async () => {
  /** @type {any} */ (globalThis).document = { documentElement: { lang: "de", dataset: { words: "data:text/plain,no" } } };
  const { t } = await import(`../js/page/language.js?${Math.random()}`);
  delete /** @type {any} */ (globalThis).document;
  assert.equal(t("Fleet"), "Fleet");
});

test("a name turns no word of its sentence around, and shows what nobody would see", async () => {
  const { t } = await inLanguage("en");
  const said = (/** @type {string} */ name) => t("{name} is away", { name });
  assert.equal(said("Roof 1 ❤️\u200d🔥"), "Roof 1 ❤️\u200d🔥 is away");
  assert.equal(said("גג"), "\u2068גג\u2069 is away");
  assert.equal(t("{what} Again.", { what: said("גג") }), "\u2068\u2068גג\u2069 is away\u2069 Again.");
  assert.equal(said("Roof\u202efoo\u200b\u001b[2J"), "Roof[U+202E]foo[U+200B][U+001B][2J is away");
  assert.equal(said("a\u2069b\u2068"), "a[U+2069]b[U+2068] is away");
  assert.equal(said("a\u2067b"), "a[U+2067]b is away");
});
