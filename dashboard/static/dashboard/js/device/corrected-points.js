/** Readings as lines that a person edits: a time in ISO 8601 and a value, a reading a line. Pure. */

const LINE = /^\s*(\S+)[\s;]+(.+?)\s*$/;

/** @param {[number, number|string][]} points ms, with the microseconds behind the point */
export const textOf = (points) => points.map(([at, value]) => `${iso(at)} ${typeof value === "string" ? JSON.stringify(value) : value}`).join("\n");

/** Lines as points of a correction; what is none stays as it was written, and the server says what is wrong with it.
 * @param {string} text @returns {any[]} */
export function pointsOf(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const [, at, value] = LINE.exec(line) ?? [];
    const ms = milliseconds(at ?? "");
    return at === undefined || Number.isNaN(ms) ? [line, ""] : [ms, readValue(value)];
  });
}

/** @param {number} at ms */
function iso(at) {
  const us = Math.round((at - Math.floor(at)) * 1000);
  const text = new Date(Math.floor(at)).toISOString();
  return us ? text.replace("Z", `${String(us).padStart(3, "0")}Z`) : text;
}

/** @param {string} text @returns {number} ms; NaN: it is no time */
function milliseconds(text) {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const fraction = /\.(\d{3})(\d{1,3})/.exec(text);
  const ms = Date.parse(fraction ? text.replace(fraction[0], `.${fraction[1]}`) : text);
  return fraction ? ms + Number(fraction[2].padEnd(3, "0")) / 1000 : ms;
}

/** @param {string} text */
function readValue(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  } catch {
    // A text without quotes.
  }
  return /^[-+]?[\d.,]+$/.test(text) ? Number(text.replace(",", ".")) : text;
}
