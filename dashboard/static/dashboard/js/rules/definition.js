/** A rule's definition as a form has it: every field a text, and back. Pure. */

/**
 * @typedef {{path: string, metric: string, unit: string, precision: string, scale: string, offset: string, map: string, null_if: string, pattern: string, as: string}} ValueFacts
 * @typedef {Record<string, string> & {values: ValueFacts[]}} Facts by dotted name, and the entries of `values`
 */

const TEXTS = ["topic", "payload", "pattern", "each", "device", "device_name", "site", "metric"];
const LISTS = ["ignore", "null_if"];
const GROUPS = /** @type {Record<string, string[]>} */ ({ time: ["path", "unit", "zone"], pivot: ["name", "value"], presence: ["path"] });
const WORDS = ["online", "offline"]; // lists within `presence`
const NUMBERS = ["precision", "scale", "offset"];
const VALUE_TEXTS = ["path", "metric", "unit", "pattern", "as"];

/** @returns {ValueFacts} */
export const noValue = () => ({ path: "", metric: "", unit: "", precision: "", scale: "", offset: "", map: "", null_if: "", pattern: "", as: "" });

/** What the form shows of a definition. @param {any} definition @returns {Facts} */
export function facts(definition) {
  const text = (/** @type {any} */ value) => (value === undefined || value === null ? "" : String(value));
  const list = (/** @type {any} */ value) => (Array.isArray(value) ? value.map(text).join(", ") : "");
  const found = /** @type {any} */ ({ values: [] });
  for (const name of TEXTS) found[name] = text(definition[name]);
  for (const name of LISTS) found[name] = list(definition[name]);
  for (const [group, names] of Object.entries(GROUPS)) for (const name of names) found[`${group}.${name}`] = text(definition[group]?.[name]);
  for (const name of WORDS) found[`presence.${name}`] = list(definition.presence?.[name]);
  found.payload ||= "json";
  for (const entry of Array.isArray(definition.values) ? definition.values : []) {
    const value = /** @type {any} */ (noValue());
    for (const name of [...VALUE_TEXTS, ...NUMBERS]) value[name] = text(entry?.[name]);
    value.null_if = list(entry?.null_if);
    value.map = Object.entries(entry?.map ?? {}).map(([word, becomes]) => `${word}=${written(becomes)}`).join(", ");
    found.values.push(value);
  }
  return found;
}

/** The definition a form stands for; what is empty is left out. @param {Facts} form @returns {any} */
export function definition(form) {
  const made = /** @type {any} */ ({});
  for (const name of TEXTS) if (form[name] && !(name === "payload" && form[name] === "json")) made[name] = form[name];
  for (const name of LISTS) if (words(form[name]).length) made[name] = words(form[name]);
  for (const [group, names] of Object.entries(GROUPS)) {
    const inner = /** @type {any} */ ({});
    for (const name of names) if (form[`${group}.${name}`]) inner[name] = form[`${group}.${name}`];
    if (group === "presence") for (const name of WORDS) if (words(form[`presence.${name}`]).length) inner[name] = words(form[`presence.${name}`]);
    const chosen = group === "time" ? inner.path : Object.keys(inner).length; // a unit and a zone alone are no time
    if (chosen) made[group] = inner;
  }
  if (form.values.length) made.values = form.values.map(entry);
  return made;
}

/** Whether the form can hold the definition as it is. @param {any} given */
export function isFormed(given) {
  try {
    return JSON.stringify(sorted(definition(facts(given)))) === JSON.stringify(sorted(spelt(given)));
  } catch {
    return false;
  }
}

function entry(/** @type {ValueFacts} */ value) {
  const made = /** @type {any} */ ({});
  for (const name of VALUE_TEXTS) if (/** @type {any} */ (value)[name]) made[name] = /** @type {any} */ (value)[name];
  for (const name of NUMBERS) {
    const text = /** @type {any} */ (value)[name].trim().replace("\u2212", "-");
    // What is no number goes as it is, for the server to complain of.
    if (text) made[name] = Number.isFinite(Number(text)) ? Number(text) : text;
  }
  if (words(value.null_if).length) made.null_if = words(value.null_if);
  const pairs = words(value.map).map((pair) => [pair.split("=")[0].trim(), read(pair.split("=").slice(1).join("=").trim())]);
  if (pairs.length) made.map = Object.fromEntries(pairs);
  return made;
}

/** Words with commas between. @param {string} text */
export function words(text) {
  return (text ?? "").split(",").map((word) => word.trim()).filter(Boolean);
}

/** What a word becomes: nothing, a boolean, a number, or a text (in quotes where it looks like one of these). @param {string} text */
function read(text) {
  if (text === "") return null;
  if (text === "true" || text === "false") return text === "true";
  if (/^".*"$/.test(text)) return text.slice(1, -1);
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function written(/** @type {any} */ value) {
  if (value === null) return "";
  return typeof value === "string" && read(value) !== value ? `"${value}"` : String(value);
}

/** As the form would send it: words as texts, a given default left out. @param {any} given @returns {any} */
function spelt(given) {
  const copy = JSON.parse(JSON.stringify(given));
  for (const holder of [copy, copy.presence, ...(copy.values ?? [])]) {
    for (const name of ["ignore", "null_if", "online", "offline"]) if (Array.isArray(holder?.[name])) holder[name] = holder[name].map(String);
  }
  if (copy.payload === "json") delete copy.payload;
  for (const name of ["ignore", "null_if", "values"]) if (Array.isArray(copy[name]) && !copy[name].length) delete copy[name];
  return copy;
}

/** @param {any} value @returns {any} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return /** @type {any} */ (Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])));
}
