import assert from "node:assert/strict";
import test from "node:test";

import { addNoise, blur, KINDS, perturb, shift, turn } from "../../model/page/scripts/perturb.js";
import { PICTURE } from "./networks.mjs";

const at = (picture, row, column) => picture[row * 28 + column];
const point = () => {
  const picture = new Uint8Array(784);
  picture[10 * 28 + 20] = 200;
  return picture;
};

test("a strength of 0 changes nothing, whatever the kind", () => {
  for (const kind of Object.keys(KINDS)) {
    assert.deepEqual(perturb(PICTURE, kind, 0), PICTURE, kind);
  }
});

test("a shift moves every pixel, and black comes in", () => {
  const moved = shift(PICTURE, 2, -3);
  assert.equal(at(moved, 12, 7), at(PICTURE, 10, 10));
  assert.equal(at(moved, 1, 5), 0, "the rows that came in");
  assert.equal(at(moved, 5, 26), 0, "the columns that came in");
  assert.equal(at(perturb(point(), "shift", 3, { way: "up" }), 7, 20), 200);
});

test("a quarter of a turn is exact, and goes against the clock", () => {
  const turned = turn(point(), 90);
  assert.equal(at(turned, 7, 10), 200, "what was to the right of the middle is above it");
  assert.equal(turned.filter((level) => level).length, 1);
  assert.deepEqual(turn(turn(turn(turned, 90), 90), 90), point());
});

test("blur spreads a point evenly and keeps its light", () => {
  const picture = new Uint8Array(784);
  picture[14 * 28 + 14] = 255;
  const blurred = blur(picture, 1);
  assert.equal(at(blurred, 13, 14), at(blurred, 15, 14));
  assert.equal(at(blurred, 14, 13), at(blurred, 13, 14));
  assert.equal(at(blurred, 14, 14), Math.round(255 / (2 * Math.PI)), "the middle of a Gaussian of deviation 1");
  const light = blurred.reduce((sum, level) => sum + level, 0);
  assert.ok(Math.abs(light - 255) < 10, `its light is ${light}`);
});

test("noise has its deviation, stays within black and white, and its seed decides it", () => {
  const gray = new Uint8Array(784).fill(128);
  const noisy = addNoise(gray, 20, { seed: 7 });
  const deviation = Math.sqrt(noisy.reduce((sum, level) => sum + (level - 128) ** 2, 0) / 784);
  assert.ok(deviation > 17 && deviation < 23, `a deviation of ${deviation}`);
  assert.deepEqual(addNoise(gray, 20, { seed: 7 }), noisy);
  assert.notDeepEqual(addNoise(gray, 20, { seed: 8 }), noisy);
  assert.ok(addNoise(PICTURE, 400, { seed: 1 }).every((level) => level >= 0 && level <= 255));
});

test("less contrast moves all levels towards their mean; a square covers the middle", () => {
  const flat = perturb(Uint8Array.from(PICTURE), "contrast", 100);
  assert.equal(new Set(flat).size, 1);
  const halfway = (low) => perturb(Uint8Array.from({ length: 784 }, (_, i) => low + (i % 2)), "contrast", 100)[0];
  assert.deepEqual([halfway(1), halfway(2)], [2, 2], "halfway between two levels it is the even one, as NumPy's");
  const covered = perturb(new Uint8Array(784).fill(255), "occlusion", 8);
  assert.equal(covered.filter((level) => level === 0).length, 64);
  assert.equal(at(covered, 14, 14), 0);
});

test("a kind that does not exist is refused", () => {
  assert.throws(() => perturb(PICTURE, "melt", 1), /no such perturbation: melt/);
});
