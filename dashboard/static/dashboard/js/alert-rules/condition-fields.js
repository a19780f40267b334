/** The fields of each type of condition: what a form shows, and the document it stands for. Pure. */

import { seconds, written } from "./durations.js";
import { t } from "../page/language.js";

/**
 * @typedef {"number"|"duration"|"choice"|"words"|"text"|"names"|"truth"} Form
 * @typedef {{name: string, label: string, form: Form, hint?: string, choices?: [string, string][], normally?: string, when?: string[]}} Field
 *   `when`: with these `op` only; `normally`: what an empty field stands for
 * @typedef {{type: string, label: string, of: "series"|"device"|"either", fields: Field[]}} Type
 */

const FOR = /** @type {Field} */ ({ name: "for", label: t("For"), form: "duration", normally: "0 s", hint: t("How long it must hold before it fires.") });
const COUNT = /** @type {Field} */ ({ name: "count", label: t("Readings in a row"), form: "number", normally: "1" });
const COMMON = [FOR, COUNT];

/** @type {Type[]} */
export const TYPES = [
  { type: "threshold", label: t("Value beyond a limit"), of: "series", fields: [
    { name: "op", label: t("Is"), form: "choice", choices: [["above", t("above")], ["below", t("below")], ["outside", t("outside of")], ["inside", t("inside of")]] },
    { name: "limit", label: t("Limit"), form: "number", when: ["above", "below"] },
    { name: "low", label: t("From"), form: "number", when: ["outside", "inside"] },
    { name: "high", label: t("To"), form: "number", when: ["outside", "inside"] },
    { name: "clear", label: t("Clears at"), form: "number", when: ["above", "below"], normally: t("the limit"), hint: t("Further back than the limit, so that it does not flap.") },
    { name: "clear", label: t("Clears"), form: "number", when: ["outside", "inside"], normally: "0", hint: t("As far back beyond the edge.") },
    { name: "worse", label: t("Worse from"), form: "number", when: ["above", "below"], normally: t("never"), hint: t("One severity higher from there on, and told again.") },
    { name: "worse", label: t("Worse beyond by"), form: "number", when: ["outside"], normally: t("never"), hint: t("One severity higher from there on, and told again.") },
    ...COMMON] },
  { type: "rate", label: t("Changes too fast"), of: "series", fields: [
    { name: "op", label: t("It"), form: "choice", choices: [["rises", t("rises")], ["falls", t("falls")], ["changes", t("rises or falls")]] },
    { name: "limit", label: t("By more than"), form: "number" },
    { name: "per", label: t("Within"), form: "duration" },
    { name: "clear", label: t("Clears at"), form: "number", normally: t("that change") },
    { name: "worse", label: t("Worse from"), form: "number", normally: t("never"), hint: t("One severity higher from there on, and told again.") },
    ...COMMON] },
  { type: "stuck", label: t("Value does not move"), of: "series", fields: [
    { name: "for", label: t("For"), form: "duration" },
    { name: "tolerance", label: t("Moves by no more than"), form: "number", normally: "0" },
    { name: "count", label: t("Readings at least"), form: "number", normally: "3" }] },
  { type: "silent", label: t("No data"), of: "either", fields: [
    { name: "times", label: t("Expected intervals"), form: "number", hint: t("Of the device, missed in a row.") },
    { name: "seconds", label: t("Or for"), form: "duration", hint: t("Instead: a length of time.") }] },
  { type: "offline", label: t("Device offline"), of: "device", fields: [
    FOR, { name: "silent", label: t("A silent device counts too"), form: "truth", normally: "true" }] },
  { type: "state", label: t("State is"), of: "series", fields: [
    { name: "op", label: t("It"), form: "choice", choices: [["is", t("is one of")], ["is_not", t("is none of")]] },
    { name: "equals", label: t("States"), form: "words", hint: t("With commas between: fault, open. true and false are booleans.") },
    ...COMMON] },
  { type: "deviation", label: t("Unlike past weeks"), of: "series", fields: [
    { name: "op", label: t("Is"), form: "choice", choices: [["outside", t("above or below")], ["above", t("above")], ["below", t("below")]] },
    { name: "weeks", label: t("The same hour of so many weeks"), form: "number" },
    { name: "by", label: t("By more than"), form: "number" },
    { name: "relative", label: t("In percent"), form: "truth", normally: "false" },
    { name: "zone", label: t("Zone of the hours"), form: "text", normally: "UTC" },
    { name: "clear", label: t("Clears at"), form: "number", normally: t("that distance") },
    ...COMMON] },
  { type: "expression", label: t("Formula over several series"), of: "device", fields: [
    { name: "formula", label: t("Formula"), form: "text", hint: "supply - return > 30" },
    { name: "names", label: t("Names"), form: "names", hint: t("One a line: supply = temperature.supply. Of another device: outside = weather-1 temperature.") },
    { name: "tolerance", label: t("Values hold for"), form: "duration", normally: "1 min" },
    { name: "op", label: t("Is"), form: "choice", choices: [["", t("true")], ["above", t("above")], ["below", t("below")], ["outside", t("outside of")], ["inside", t("inside of")]] },
    { name: "limit", label: t("Limit"), form: "number", when: ["above", "below"] },
    { name: "low", label: t("From"), form: "number", when: ["outside", "inside"] },
    { name: "high", label: t("To"), form: "number", when: ["outside", "inside"] },
    ...COMMON] },
];

/** @param {string} type */
export const typeOf = (type) => TYPES.find((each) => each.type === type) ?? TYPES[0];

/** The fields a form shows for a type and what is chosen of `op`. @param {string} type @param {string} op @returns {Field[]} */
export const fieldsOf = (type, op) => typeOf(type).fields.filter((field) => !field.when || field.when.includes(op));

/** The texts a form shows of a document, by field. @param {any} document @returns {Record<string, string>} */
export function textsOf(document) {
  const op = String(document?.op ?? "");
  const texts = /** @type {Record<string, string>} */ ({});
  for (const field of fieldsOf(document?.type, op)) {
    const value = document?.[field.name];
    texts[field.name] = value === undefined || value === null ? "" : shown(field, value);
  }
  return texts;
}

/** The document that a form stands for; what is empty is left out. @param {string} type @param {Record<string, string>} texts */
export function documentOf(type, texts) {
  const made = /** @type {Record<string, any>} */ ({ type });
  for (const field of fieldsOf(type, texts.op ?? "")) {
    const text = (texts[field.name] ?? "").trim();
    if (text !== "") made[field.name] = read(field, text);
  }
  return made;
}

function shown(/** @type {Field} */ field, /** @type {any} */ value) {
  if (field.form === "duration") return written(value);
  if (field.form === "words" && Array.isArray(value)) return value.map(word).join(", ");
  if (field.form !== "names") return String(value);
  return Object.entries(value).map(([name, of]) => `${name} = ${typeof of === "string" ? of : `${of?.uid} ${of?.metric}`}`).join("\n");
}

/** @returns {any} */
function read(/** @type {Field} */ field, /** @type {string} */ text) {
  if (field.form === "number") return number(text);
  if (field.form === "duration") return seconds(text);
  if (field.form === "truth") return text === "true";
  if (field.form === "words") return text.split(",").map((each) => each.trim()).filter(Boolean).map(value);
  if (field.form !== "names") return text;
  return Object.fromEntries(text.split("\n").filter((line) => line.trim()).map((line) => {
    const [name, ...rest] = line.split("=");
    const of = rest.join("=").trim().split(/\s+/);
    return [name.trim(), of.length === 2 ? { uid: of[0], metric: of[1] } : of.join(" ")];
  }));
}

/** What is no number goes as it is, for the server to complain of. @param {string} text @returns {number|string} */
export function number(text) {
  const plain = text.trim().replace("\u2212", "-").replace(/^(-?\d+),(\d+)$/, "$1.$2");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : text;
}

/** @returns {boolean|number|string} */
function value(/** @type {string} */ text) {
  if (text === "true" || text === "false") return text === "true";
  if (/^".*"$/.test(text)) return text.slice(1, -1);
  return number(text);
}

function word(/** @type {any} */ given) {
  return typeof given === "string" && value(given) !== given ? `"${given}"` : String(given);
}
