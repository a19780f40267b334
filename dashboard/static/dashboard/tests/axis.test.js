import assert from "node:assert/strict";
import test from "node:test";
import { AxisRoom } from "../js/charts/axis-room.js";
import { spread } from "../js/charts/labels.js";

test("all charts of a page leave what the widest label of any needs", () => {
  const told = [];
  const room = new AxisRoom({ style: { setProperty: (name, value) => told.push(`${name} ${value}`) } });
  const [a, b] = [{}, {}];
  room.want(a, 52);
  room.want(b, 71);
  room.want(b, 70);
  assert.equal(room.width, 72);
  room.leave(b);
  assert.equal(room.width, 56);
  assert.deepEqual(told, ["--axis 40px", "--axis 56px", "--axis 72px", "--axis 56px"]);
});
test("labels keep their distance, their order and the picture's edges, and count what does not fit", () => {
  const at = (...ys) => ys.map((y) => ({ y, text: `t${y}` }));
  const room = { top: 0, bottom: 100, height: 15 };
  for (const wanted of [at(50), at(10, 11, 12, 13), at(95, 96, 97), at(-20, 50, 300), at(1, 2, 98, 99)]) {
    const placed = spread(wanted, room);
    assert.equal(placed.length, wanted.length);
    placed.forEach(({ y }, i) => assert.ok(y >= 7.5 && y <= 92.5 && (i === 0 || y - placed[i - 1].y >= 15), JSON.stringify(placed)));
  }
  const many = spread(at(...Array.from({ length: 9 }, (_, i) => i * 10)), room);
  assert.equal(many.length, 6);
  assert.equal(many[5].text, "t50 +3");
});
