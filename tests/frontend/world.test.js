import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { HEIGHT, project, WIDTH, worldPath } from "../../frontend/world.js";

// The same cases hold the template tag to the same projection.
const cases = JSON.parse(readFileSync(new URL("projection-cases.json", import.meta.url)));
const land = JSON.parse(readFileSync(new URL("../../node_modules/world-atlas/land-110m.json", import.meta.url)));

for (const { longitude, latitude, x, y } of cases) {
  test(`${longitude}, ${latitude} is at ${x}, ${y}`, () => {
    const [atX, atY] = project(longitude, latitude);
    assert.ok(Math.abs(atX - x) < 0.1 && Math.abs(atY - y) < 0.1, `${atX}, ${atY}`);
  });
}

test("the drawing has the size for which the tag makes its dots", () => assert.deepEqual([WIDTH, HEIGHT], [1000, 438]));

test("the outline is small", () => {
  const size = gzipSync(worldPath(land)).length;
  assert.ok(size < 25_000 && size > 1_000, `${size} bytes`);
});

test("nothing of the outline lies outside the drawing", () => {
  for (const ring of worldPath(land).split("z").filter(Boolean)) {
    let [x, y] = [0, 0];
    const numbers = ring.match(/-?\d+/g).map(Number);
    for (let at = 0; at < numbers.length; at += 2) {
      x += numbers[at];
      y += numbers[at + 1];
      assert.ok(x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT, `${x}, ${y}`);
    }
  }
});

test("no line leads across the drawing from the one side of the date line to the other", () => {
  const steps = worldPath(land)
    .split("z")
    .flatMap((ring) => [...(ring.split("l")[1] ?? "").matchAll(/(-?\d+)[ ]?(-?\d+)/g)].map((step) => Math.abs(Number(step[1]))));
  assert.ok(Math.max(...steps) < 100, String(Math.max(...steps)));
});
