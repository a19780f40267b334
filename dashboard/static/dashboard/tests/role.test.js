import { test } from "node:test";
import assert from "node:assert/strict";
import { lowestAt, roles } from "../js/page/role.js";

const MIXED = { role: "administrator", roles: '{"":"","hall":"viewer","yard":"administrator"}' };

test("a row has the role of its viewer where it stands", () => {
  const at = roles(MIXED);
  assert.deepEqual([at("hall"), at("yard"), at(null)], ["viewer", "administrator", ""]);
});

test("a site that came later has the page's role until it is read anew", () => {
  assert.equal(roles(MIXED)("new"), "administrator");
});

test("who has one role everywhere has it in each row", () => {
  const at = roles({ role: "operator" });
  assert.deepEqual([at("hall"), at(null)], ["operator", "operator"]);
  assert.equal(roles({})("hall"), "");
});

test("of several the lowest counts, and of none all may be done", () => {
  const at = roles(MIXED);
  assert.equal(lowestAt(["yard", "hall"], at), "viewer");
  assert.equal(lowestAt(["yard"], at), "administrator");
  assert.equal(lowestAt(["yard", null], at), "");
  assert.equal(lowestAt([], at), "administrator");
});
