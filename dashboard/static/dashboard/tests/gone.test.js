import assert from "node:assert/strict";
import test from "node:test";
import { askAgain, stopAsking, whileThere } from "../js/page/gone.js";

/** Requests as a browser carries them out: until they are answered or left off. */
function requests() {
  /** @type {any[]} */ const asked = [];
  const ask = (path, signal) => whileThere(path, signal, (given) => new Promise((answer, refuse) => {
    asked.push({ path, answer, refuse, signal: given });
    if (given.aborted) refuse(given.reason);
    given.addEventListener("abort", () => refuse(given.reason));
  }));
  return { asked, ask };
}

const turn = () => new Promise((done) => setImmediate(done));

test("what is gone is not asked for, by whichever address", async () => {
  const { asked, ask } = requests();
  stopAsking("device", "pump 1/a");
  const uid = encodeURIComponent("pump 1/a");
  for (const path of [`/api/v1/devices/${uid}/presence/?from=1`, `/devices/${uid}/`, `/api/v1/log/?marks=1&device=${uid}`]) ask(path);
  for (const path of ["/api/v1/devices/", "/api/v1/devices/b/", `/api/v1/sites/${uid}/`, `/api/v1/log/?site=${uid}`]) ask(path);
  await turn();
  assert.deepEqual(asked.map(({ path }) => path), ["/api/v1/devices/", "/api/v1/devices/b/", `/api/v1/sites/${uid}/`, `/api/v1/log/?site=${uid}`]);
  askAgain("device", "pump 1/a");
});

test("what is under way is left off, and answered when it is back", async () => {
  const { asked, ask } = requests();
  const answer = ask("/api/v1/sites/harbour/day/");
  const other = ask("/api/v1/sites/harbour-2/day/");
  await turn();
  stopAsking("site", "harbour");
  stopAsking("site", "harbour"); // told twice
  await turn();
  assert.deepEqual(asked.map(({ signal }) => signal.aborted), [true, false]);
  askAgain("site", "harbour");
  await turn();
  asked[1].answer("of 2");
  asked[2].answer("here");
  assert.equal(await answer, "here");
  assert.equal(await other, "of 2");
});

test("a refusal that came before the word of it is not told", async () => {
  const { asked, ask } = requests();
  let told = false;
  ask("/api/v1/devices/a/latest/").catch(() => { told = true; });
  await turn();
  asked[0].refuse(new Error("404"));
  stopAsking("device", "a");
  await turn();
  assert.equal(told, false);
  askAgain("device", "a");
});

test("who asks may leave it off, and hears of what went wrong", async () => {
  const { asked, ask } = requests();
  const abort = new AbortController();
  const answer = ask("/api/v1/readings/?series=1", abort.signal);
  abort.abort();
  await assert.rejects(answer, { name: "AbortError" });
  const wrong = ask("/api/v1/readings/?series=1");
  await turn();
  asked[1].refuse(new Error("503"));
  await assert.rejects(wrong, /503/);
});
