/** A file of readings as the server is asked to read it. Pure, but for packing. */

export const MOST_BYTES = 4 * 1024 * 1024; // of a body that the server takes
const FORMATS = /** @type {Record<string, string>} */ ({
  csv: "csv", tsv: "csv", txt: "csv", parquet: "parquet", ndjson: "ndjson", jsonl: "ndjson", lp: "influx", line: "influx", influx: "influx",
});
const FLAGS = new Set(["texts", "keep_what_fits", "register"]);

/** By its name. @param {string} name @returns {string} "": it does not say */
export function formatOf(name) {
  const [last = "", before = ""] = name.toLowerCase().split(".").slice(1).reverse();
  return FORMATS[last === "gz" ? before : last] ?? "";
}

/**
 * @param {string} name of the file @param {Iterable<[string, unknown]>} fields of the form; empty ones are found by the server
 * @param {boolean} isTried nothing is to be written
 */
export function pathOf(name, fields, isTried) {
  const query = new URLSearchParams({ name });
  for (const [field, value] of fields) {
    if (typeof value === "string" && value.trim()) query.set(field, FLAGS.has(field) ? "1" : value.trim());
  }
  if (isTried) query.set("dry_run", "1");
  return `/api/v1/readings/import/?${query}`;
}

/** The options of the command, in what the server says, as the form names them. @param {string} said @param {(field: string) => string} label "": the form has none */
export function inWordsOfForm(said, label) {
  return said.replace(/--([a-z-]+)/g, (whole, option) => {
    const words = label(option.replaceAll("-", "_"));
    return words ? `“${words}”` : whole;
  });
}

/** What is sent of it: packed where it is too large as it is. @param {File} file @returns {Promise<Blob>} */
export async function packed(file) {
  if (file.size <= MOST_BYTES || file.name.endsWith(".gz")) return file;
  return new Response(file.stream().pipeThrough(new CompressionStream("gzip"))).blob();
}
