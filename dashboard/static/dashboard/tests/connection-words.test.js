import assert from "node:assert/strict";
import test from "node:test";
import { control, pill, unknown } from "../js/frame/connection-words.js";
import { clock } from "../js/time/moment.js";

const thin = (text) => text.replaceAll("\u2009", " ");
const word = (state, trouble) => thin(pill(state, trouble).word);

test("the pill says what is true", () => {
  assert.deepEqual(pill("live", null), { mark: "online", word: "Live" });
  assert.equal(word("catching up", null), "Catching up");
  assert.equal(word("connecting", { what: "connection", lasts: 300 }), "Connecting");
  assert.equal(word("reconnecting", { what: "connection", lasts: 3_000 }), "Reconnecting");
  assert.equal(word("reconnecting", { what: "connection", lasts: 12_400 }), "No connection for 12 s");
  assert.equal(word("connecting", { what: "connection", lasts: 12_400 }), "No connection for 12 s");
  assert.equal(word("offline", { what: "connection", lasts: 12_000 }), "No network for 12 s");
  assert.equal(word("live", { what: "network", lasts: 6_000 }), "No news for 6 s");
  assert.equal(word("live", { what: "storing", lasts: 20_300 }), "Not known: storing is 20 s behind");
  assert.equal(word("live", { what: "bridge", lasts: 20_300 }), "Not known: no bridge is heard");
  assert.equal(word("live", { what: "database", lasts: 9_000 }), "Live, the database does not answer");
  assert.equal(word("logged out", { what: "connection", lasts: 9_000 }), "Logged out");
});
test("a page that cannot know says so and since when, and only then", () => {
  const until = 1_700_000_000_000;
  assert.equal(unknown(null, until), "");
  assert.equal(unknown({ what: "database", lasts: 60_000 }, until), "");
  assert.equal(unknown({ what: "connection", lasts: 2_000 }, until), "");
  assert.equal(thin(unknown({ what: "broker", lasts: 9_000 }, until)),
    `What devices do is not known since ${clock(until)}: the broker is away. States are from then.`);
});

test("one control says what is, and does what helps", () => {
  const now = new Date(2026, 2, 3, 12).getTime();
  const lost = { what: "connection", since: 0, lasts: 12_000 };
  const stopped = { live: false, to: now - 180_000 };
  assert.deepEqual(control("live", null, null, now), { mark: "online", word: "Live", does: null });
  assert.deepEqual(control("live", null, { live: true, to: now }, now), { mark: "online", word: "Live", does: "pause" });
  const paused = control("live", null, stopped, now);
  assert.deepEqual([paused.mark, paused.word.replaceAll("\u2009", " "), paused.does], ["paused", "11:57:00, 3 min behind", "live"]);
  const away = control("reconnecting", /** @type {any} */ (lost), stopped, now);
  assert.deepEqual([away.mark, away.word.replaceAll("\u2009", " "), away.does], ["offline", "No connection for 12 s", "retry"]);
  assert.equal(control("offline", null, null, now).does, "retry");
  assert.equal(control("logged out", null, stopped, now).does, null);
});
