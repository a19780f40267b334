/** Series as rows of a table, and as CSV. Pure. */

/**
 * @param {{metric: string, unit: string}} series @param {import("./points.js").Row[]} rows
 * @returns {string[][]} a header, then one row a point, ISO 8601 UTC
 */
export function tableRows(series, rows) {
  const reduced = rows.some((row) => row[2] !== null);
  const name = series.unit ? `${series.metric} (${series.unit})` : series.metric;
  const header = reduced ? ["time", `${name} mean`, "min", "max", "count"] : ["time", name];
  return [header, ...rows.map((row) => {
    const cells = [iso(row[5] ?? row[0]), String(row[1])];
    if (reduced) cells.push(String(row[2] ?? row[1]), String(row[3] ?? row[1]), String(row[4] ?? 1));
    return cells;
  })];
}

/** ISO 8601 UTC, to the microsecond where the time has any. @param {number} ms Unix, perhaps with a fraction */
function iso(ms) {
  const us = Math.round((ms - Math.floor(ms)) * 1000);
  const text = new Date(Math.floor(ms)).toISOString();
  return us ? text.replace("Z", `${String(us).padStart(3, "0")}Z`) : text;
}

/** A cell that a spreadsheet reads as text, never as a formula. @param {string} cell */
function quoted(cell) {
  const harmless = /^[=+\-@\t\r]/.test(cell) && !Number.isFinite(Number(cell)) ? `'${cell}` : cell;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @param {string[][]} rows */
export function csv(rows) {
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}
