/** Series as rows of a table, and as CSV. Pure. Numbers stay numbers in a row: a text may look like one. */

const iso = (/** @type {number} */ ms) => {
  // To the microsecond where the time has any.
  const us = Math.round((ms - Math.floor(ms)) * 1000);
  const text = new Date(Math.floor(ms)).toISOString();
  return us ? text.replace("Z", `${String(us).padStart(3, "0")}Z`) : text;
};

/**
 * @typedef {{metric: string, unit: string}} Named
 * @param {Named} series @param {import("./points.js").Row[]} rows @param {import("./points.js").Said[]} [texts] said among the numbers
 * @typedef {string|number} Cell
 * @returns {Cell[][]} a header, then one row a point, ISO 8601 UTC
 */
export function tableRows(series, rows, texts = []) {
  const reduced = rows.some((row) => row[2] !== null);
  const name = series.unit ? `${series.metric} (${series.unit})` : series.metric;
  const header = reduced ? ["time", `${name} mean`, "min", "max", "count"] : ["time", name];
  const lines = rows.map((row) => {
    /** @type {Cell[]} */ const cells = [iso(row[5] ?? row[0]), row[1]];
    if (reduced) cells.push(row[2] ?? row[1], row[3] ?? row[1], row[4] ?? 1);
    return { at: row[5] ?? row[0], cells };
  });
  for (const [first, , text, count] of texts) lines.push({ at: first, cells: [iso(first), text, ...(reduced ? ["", "", count] : [])] });
  return [header, ...lines.sort((a, b) => a.at - b.at).map(({ cells }) => cells)];
}

/** Several tables of `tableRows` as one: a row an instant, empty where a series has nothing at it.
 * @param {Cell[][][]} tables at least one @returns {Cell[][]} */
export function joinedRows(tables) {
  if (tables.length === 1) return tables[0];
  const widths = tables.map(([cells]) => cells.length - 1);
  /** @type {Map<string, Cell[][][]>} by instant, its rows of the cells of each table */ const byTime = new Map();
  tables.forEach(([, ...rows], i) => {
    for (const [time, ...cells] of rows) {
      const held = byTime.get(String(time)) ?? [];
      const free = held.find((row) => row[i] === undefined);
      if (free) free[i] = cells;
      else held.push(Object.assign(Array(tables.length), { [i]: cells }));
      byTime.set(String(time), held);
    }
  });
  // Without the Z one that goes on with microseconds is the later one.
  const times = [...byTime.keys()].sort((a, b) => (a.slice(0, -1) < b.slice(0, -1) ? -1 : 1));
  const heads = tables.flatMap(([[, first, ...more]]) => [first, ...more.map((cell) => `${String(first).replace(/ mean$/, "")} ${cell}`)]);
  const filled = (/** @type {Cell[][]} */ row) => widths.flatMap((width, i) => row[i] ?? Array(width).fill(""));
  return [["time", ...heads], ...times.flatMap((time) => (byTime.get(time) ?? []).map((row) => [time, ...filled(row)]))];
}

/** @param {Named} series @param {import("./states.js").State[]} states @returns {Cell[][]} a header, then one row a state */
export function stateRows(series, states) {
  return [["from", "to", series.metric], ...states.map(({ from, to, word }) => [iso(from), iso(to), word])];
}

/** A cell that a spreadsheet reads as text, never as a formula: whatever it skips before it looks.
 * @param {Cell} cell */
function quoted(cell) {
  if (typeof cell === "number") return String(cell);
  const harmless = /^[\s\u200b\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(cell) && !Number.isFinite(Number(cell)) ? `'${cell}` : cell;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @param {Cell[][]} rows */
export function csv(rows) {
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}
