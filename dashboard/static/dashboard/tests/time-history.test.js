import assert from "node:assert/strict";
import test from "node:test";
import { TimeHistory } from "../js/time/time-history.js";

/** A history as a browser keeps it. */
function browser(search = "") {
  const page = { at: 0, entries: [search] };
  return Object.assign(page, {
    history: new TimeHistory({
      search: () => page.entries.at(-1), now: () => page.at,
      push: (query) => page.entries.push(query), replace: (query) => { page.entries[page.entries.length - 1] = query; },
    }),
  });
}

test("each zoom is an entry of its own, and steps that follow each other at once are one", () => {
  const page = browser("?window=15m");
  for (const [at, query] of /** @type {[number, string][]} */ ([[0, "?window=15m&from=1&to=9"], [5_000, "?window=15m&from=2&to=8"], [5_300, "?window=15m&from=3&to=7"], [5_900, "?window=15m&from=4&to=6"], [9_000, "?window=1h"]])) {
    page.at = at;
    page.history.show(query);
  }
  assert.deepEqual(page.entries, ["?window=15m", "?window=15m&from=1&to=9", "?window=15m&from=4&to=6", "?window=1h"]);
});
test("what else the address says stays", () => {
  const page = browser("?charts=a%2Cb&window=15m&from=1&to=2");
  page.history.show("?window=1h");
  assert.equal(page.entries.at(-1), "?charts=a%2Cb&window=1h");
});
