import assert from "node:assert/strict";
import test from "node:test";

import { placeIn } from "../js/fleet/fleet-place.js";

test("a place is only what this page kept", () => {
  const place = { uid: "pump-1", top: -12.5 };
  assert.deepEqual(placeIn({ place }), place);
  for (const state of [null, undefined, 7, "place", {}, { place: null }, { place: { uid: 1, top: 1 } }, { place: { uid: "a", top: NaN } }]) {
    assert.equal(placeIn(state), null, JSON.stringify(state));
  }
});
