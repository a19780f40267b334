import assert from "node:assert/strict";
import test from "node:test";
import { FleetFeed, IN_VIEW, LIMITED } from "../js/fleet/fleet-feed.js";

/** @returns {any} */
function connection() {
  return {
    subscriptions: new Map(), asked: [], followed: undefined,
    follow(devices) { this.followed = devices; },
    subscribe(id, request) { this.subscriptions.set(id, { request }); this.asked.push(request.series); },
    unsubscribe(id) { this.subscriptions.delete(id); },
    again(id) { this.asked.push(this.subscriptions.get(id).request.series); },
  };
}
/** @returns {any} */
const device = (...ids) => ({ series: ids.map((id) => ({ id })), limited: ids.slice(0, 1), drawn: false, draw(drawn) { this.drawn = drawn; } });

test("it hears of every device and asks for the values of those in view", () => {
  const live = connection();
  const feed = new FleetFeed(live);
  assert.equal(live.followed, null);
  const [one, other, third] = [device(1, 2), device(4), device(3)];
  feed.follow(new Set([one, other]));
  feed.follow(new Set([one])); // what is asked for already is not asked for again
  assert.deepEqual([other.drawn, live.asked], [true, [[1, 2, 4]]]);
  feed.follow(new Set([one, third]));
  assert.deepEqual([live.asked[1], [one, other, third].map(({ drawn }) => drawn)], [[1, 2, 3], [true, false, true]]);
  feed.follow(new Set([device(1, 2), third])); // removed, and back
  assert.equal(live.asked.length, 3);
});
test("a series that was deleted is not asked for again", () => {
  const live = connection();
  const feed = new FleetFeed(live);
  feed.follow(new Set([device(1, 2)]));
  live.subscriptions.get(IN_VIEW).request = { series: [1] }; // as the connection does then
  feed.again();
  assert.deepEqual(live.asked, [[1, 2], [1]]);
});
test("what has a limit is followed wherever it is, and no longer than that", () => {
  const live = connection();
  const feed = new FleetFeed(live);
  feed.judge([device(1, 2), device(5)]);
  feed.judge([device(5), device(1, 2)]); // in another order it is the same
  assert.deepEqual([live.asked, live.subscriptions.has(LIMITED)], [[[1, 5]], true]);
  feed.judge([device(5)]);
  assert.deepEqual(live.asked, [[1, 5], [5]]);
  feed.judge([]);
  assert.ok(!live.subscriptions.has(LIMITED));
});
