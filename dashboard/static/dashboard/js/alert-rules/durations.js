/** Lengths of time as people type them, in seconds. Pure. */

const UNITS = /** @type {Record<string, number>} */ ({ ms: 0.001, s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60, h: 3600, hour: 3600, d: 86_400, day: 86_400, w: 604_800, week: 604_800 });
const PART = /^\s*(\d+(?:[.,]\d+)?)\s*([a-z]+)/i;

/** "5 min", "1 h 30 min", "90" (seconds); what is none stays the text, for the server to complain of.
 * @param {string} text @returns {number|string} */
export function seconds(text) {
  if (/^\s*\d+(?:[.,]\d+)?\s*$/.test(text)) return Number(text.replace(",", "."));
  let rest = text;
  let sum = 0;
  for (;;) {
    const part = PART.exec(rest);
    const unit = part && (UNITS[part[2].toLowerCase()] ?? UNITS[part[2].toLowerCase().replace(/s$/, "")]);
    if (!part || !unit) break;
    sum += Number(part[1].replace(",", ".")) * unit;
    rest = rest.slice(part[0].length);
  }
  return rest.trim() === "" && rest !== text ? Number(sum.toFixed(6)) : text;
}

const WRITTEN = /** @type {[number, string][]} */ ([[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]]);

/** As `seconds` reads it. @param {number|string|undefined} given */
export function written(given) {
  if (typeof given !== "number" || !Number.isFinite(given)) return given === undefined ? "" : String(given);
  if (given === 0) return "0 s";
  let rest = given;
  const parts = [];
  for (const [size, name] of WRITTEN) {
    const many = size === 1 ? Number(rest.toFixed(3)) : Math.floor(rest / size);
    if (many) parts.push(`${many} ${name}`);
    rest -= many * size;
  }
  return parts.join(" ");
}
