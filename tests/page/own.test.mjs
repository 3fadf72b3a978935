import assert from "node:assert/strict";
import test from "node:test";

import { classesShown } from "../../model/page/scripts/bars.js";
import { asHex, colourOf, inkOn } from "../../model/page/scripts/colours.js";
import { cutOut, groupsOf, readPictures } from "../../model/page/scripts/gallery.js";
import { briefly, counted, digitsThatAddUp, inPercent, plainly, written } from "../../model/page/scripts/numbers.js";
import { asNetworksRead, faultOfSize, grayLevels, unlike } from "../../model/page/scripts/own.js";
import { PICTURE } from "./networks.mjs";

const block = (width, height, box, inside, outside) =>
  Uint8Array.from({ length: width * height }, (_, place) => {
    const [row, column] = [Math.floor(place / width), place % width];
    return row >= box[0] && row < box[1] && column >= box[2] && column < box[3] ? inside : outside;
  });

test("a picture that is as the networks read it stays as it is", () => {
  const picture = block(28, 28, [0, 28, 4, 24], 200, 0);
  assert.deepEqual(asNetworksRead(picture, 28, 28), picture);
});

test("dark on light is turned round, cut out, fitted and put in the middle", () => {
  const paper = block(100, 60, [10, 50, 30, 50], 55, 255);
  const found = asNetworksRead(paper, 100, 60);
  assert.deepEqual(found, block(28, 28, [0, 28, 7, 21], 200, 0), "40 x 20 pixels become 28 x 14");
});

test("a picture without anything in it is black", () => {
  assert.ok(asNetworksRead(new Uint8Array(50), 10, 5).every((level) => level === 0));
  assert.ok(asNetworksRead(new Uint8Array(50).fill(255), 10, 5).every((level) => level === 0));
});

test("a line of one pixel stays a line", () => {
  const found = asNetworksRead(block(200, 200, [100, 101, 0, 200], 255, 0), 200, 200);
  assert.equal(found.filter((level) => level > 0).length, 28);
});

test("colours become gray, what is transparent is paper", () => {
  const rgba = Uint8ClampedArray.of(255, 0, 0, 255, 0, 0, 0, 0, 100, 100, 100, 255);
  assert.deepEqual([...grayLevels(rgba)], [76, 255, 100]);
});

test("sizes that can't be taken are told", () => {
  assert.match(faultOfSize(0, 0), /0 x 0/);
  assert.match(faultOfSize(20000, 10000), /200 million/);
  assert.equal(faultOfSize(12247, 12247), "");
});

test("what lies outside the data is said to be unlike it", () => {
  const others = [block(28, 28, [4, 24, 4, 24], 100, 0), block(28, 28, [4, 24, 4, 20], 200, 0)];
  assert.match(unlike(new Uint8Array(784).fill(250), others), /mean gray level is 250; of the 2 test pictures here it is 51 to 82/);
  assert.equal(unlike(others[0], others), "");
});

test("pictures are read, grouped by class, and cut", () => {
  const pixels = Buffer.concat([Buffer.from(PICTURE), Buffer.alloc(784)]).toString("base64");
  const pictures = readPictures({ pixels, labels: [1, 0], indices: [40, 7] });
  assert.deepEqual([...pictures[0].levels], [...PICTURE]);
  assert.deepEqual([pictures[1].label, pictures[1].index], [0, 7]);
  const groups = groupsOf(pictures, ["T-shirt", "Bag", "Coat"], { "only cnn is right": [1], none: [] });
  assert.deepEqual(groups, [["T-shirt", [1]], ["Bag", [0]], ["only cnn is right", [1]]], "empty ones are left out");
  const corner = cutOut(PICTURE, { top: -1, left: 26, height: 3, width: 3 });
  assert.deepEqual([...corner], [0, 0, 0, PICTURE[26], PICTURE[27], 0, PICTURE[54], PICTURE[55], 0]);
});

test("numbers are written with the real minus, and what rounds to 0 has none", () => {
  assert.equal(written(-1.234, 2), "−1.23");
  assert.equal(written(-0.001, 2), "0.00");
  assert.deepEqual([briefly(0), briefly(0.416), briefly(-12.34), briefly(577)], ["0", "0.42", "−12.3", "577"]);
  assert.deepEqual([plainly(577), plainly(882.5), plainly(-1 / 3), plainly(0), plainly(100)], ["577", "882.5", "−0.333", "0", "100"]);
  assert.deepEqual([inPercent(1), inPercent(0.9999), inPercent(0.1234), inPercent(0.0001), inPercent(0)], ["100.0 %", "99.9 %", "12.3 %", "under 0.1 %", "0.0 %"]);
  assert.deepEqual([counted(10000), counted(2.6666), counted(-5)], ["10,000", "2.7", "−5"]);
});

test("of many classes the most probable have a bar, and the label", () => {
  assert.deepEqual(classesShown(Float32Array.of(0.2, 0.5, 0.3), 0), [0, 1, 2]);
  const many = Float32Array.from({ length: 30 }, (_, place) => place / 435);
  const highest = Array.from({ length: 20 }, (_, number) => number + 10);
  assert.deepEqual(classesShown(many, 3), [3, ...highest]);
  assert.deepEqual(classesShown(many, null), highest, "a picture of one's own has no label");
});

test("colours are the figures': blue, white, red, and as wide as the limit", () => {
  const found = [-9, -1, -0.5, 0, 0.5, 1, 9].map((value) => asHex(colourOf(value, 1)));
  const matplotlibs = ["#053061", "#053061", "#6bacd1", "#f7f6f6", "#e48066", "#67001f", "#67001f"];
  assert.deepEqual(found, matplotlibs, "RdBu_r, as in the figures");
  assert.deepEqual(colourOf(3, 6), colourOf(0.5, 1), "half of the limit, whatever it is");
  assert.deepEqual([1, 0.2, 0, -0.9].map((value) => inkOn(colourOf(value, 1))), ["#ffffff", "#000000", "#000000", "#ffffff"]);
});

test("a sum is written with as many decimals as it takes to add up", () => {
  assert.equal(digitsThatAddUp([0.003, 0.316], 0.319), 3);
  assert.equal(digitsThatAddUp([0.8531, -0.0006], 0.8525), 4, "0.853 + (−0.001) = 0.853 looks wrong");
  assert.equal(digitsThatAddUp([1, 2], 4), 3, "what never adds up is written in short");
});
