import assert from "node:assert/strict";
import test from "node:test";
import { pill, unknown } from "../js/frame/connection-words.js";
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
