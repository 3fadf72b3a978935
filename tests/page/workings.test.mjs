import assert from "node:assert/strict";
import test from "node:test";

import { readNetwork, runNetwork } from "../../model/page/scripts/network.js";
import { blockAt, seenBy, workings } from "../../model/page/scripts/workings.js";
import { answerTo, causeOf, compareAnswers, inOrder, switchedOff, thatCost } from "../../model/page/scripts/switches.js";
import { conv, noise, PICTURE, SMALL } from "./networks.mjs";

const network = readNetwork(SMALL);
const values = runNetwork(network, PICTURE);
const valueAt = (layer, filter, row, column) => {
  const { width: side, channels } = network.layers[layer].to;
  return { before: values[layer].before, after: values[layer].after, at: (row * side + column) * channels + filter };
};
const near = (one, other, what) => assert.ok(Math.abs(one - other) < 1e-5, `${what}: ${one} and ${other}`);

test("the arithmetic shown is the number of the map, everywhere", () => {
  for (const layer of [0, 2]) {
    const { width: side, channels } = network.layers[layer].to;
    for (let number = 0; number < 50; number++) {
      const [filter, row, column] = [number % channels, (number * 7) % side, (number * 5) % side];
      const found = workings(network, PICTURE, values, { layer, filter, row, column });
      const { before, after, at } = valueAt(layer, filter, row, column);
      near(found.linear, before[at], "before ReLU");
      near(found.value, after[at], "after ReLU");
      near(found.sum + found.bias, found.linear, "sum and bias");
      const told = found.slices.reduce((sum, slice) => sum + slice.sum, 0) + found.others.sum;
      near(told, found.sum, "the slices told and the others together");
      for (const { window, kernel, products, sum } of found.slices) {
        products.forEach((product, cell) => near(product, window[cell] * kernel[cell], "a product"));
        near(products.reduce((all, product) => all + product, 0), sum, "the sum of a slice");
      }
    }
  }
});

test("the window of the first convolution is a piece of the picture, from 0 to 1", () => {
  const { corner, slices } = workings(network, PICTURE, values, { layer: 0, filter: 2, row: 4, column: 9 });
  assert.deepEqual(corner, { top: 4, left: 9, height: 3, width: 3 });
  const piece = [4, 5, 6].flatMap((row) => [9, 10, 11].map((column) => Math.fround(PICTURE[row * 28 + column] / 255)));
  assert.deepEqual(slices[0].window, piece);
});

test("of many maps the five that weigh most are told, the others added up", () => {
  const many = readNetwork({
    layers: [conv("conv1", [3, 3, 1, 8], noise(72), noise(8)), conv("conv2", [3, 3, 8, 2], noise(144, 2), [0, 0])],
  });
  const found = workings(many, PICTURE, runNetwork(many, PICTURE), { layer: 1, filter: 1, row: 3, column: 3 });
  const sizes = found.slices.map((slice) => Math.abs(slice.sum));
  assert.deepEqual(sizes, [...sizes].sort((one, other) => other - one), "the heaviest first");
  assert.equal(found.slices.length, 5);
  assert.equal(found.others.count, 3);
});

test("beyond the border stand zeros", () => {
  const layers = [conv("conv1", [3, 3, 1, 1], Array(9).fill(1), [0], { padding: "same" })];
  const same = readNetwork({ layers });
  const white = new Uint8Array(784).fill(255);
  const at = (row, column) =>
    workings(same, white, runNetwork(same, white), { layer: 0, filter: 0, row, column });
  assert.deepEqual(at(0, 0).slices[0].window, [0, 0, 0, 0, 1, 1, 0, 1, 1]);
  assert.ok(at(0, 0).beyond, "it reaches beyond the top left corner");
  assert.ok(at(27, 5).beyond, "and beyond the bottom");
  assert.ok(!at(5, 5).beyond, "and not in the middle");
  assert.equal(at(27, 27).linear, 4);
});

test("the block of a place, and what pooling makes of it", () => {
  const { block } = workings(network, PICTURE, values, { layer: 0, filter: 1, row: 7, column: 12 });
  assert.deepEqual([block.row, block.column, block.top, block.left], [3, 6, 6, 12]);
  near(block.result, values[1].after[(3 * 13 + 6) * 3 + 1], "the largest");
  assert.equal(block.values[block.winner], Math.max(...block.values));
  const lit = values[3].after.findIndex((value, place) => value > 0 && place % 5 === 4);
  const [down, right] = [Math.floor(lit / 25), Math.floor(lit / 5) % 5];
  const mean = workings(network, PICTURE, values, { layer: 2, filter: 4, row: 2 * down, column: 2 * right }).block;
  near(mean.result, values[3].after[lit], "the mean");
  assert.notEqual(mean.result, Math.max(...mean.values), "and not the largest");
  const left = workings(network, PICTURE, values, { layer: 2, filter: 4, row: 10, column: 3 }).block;
  assert.equal(left, null, "the last row of 11 fills no block");
  assert.deepEqual(blockAt(network, values, 1, 1, 3, 6), block, "from the pooled map, too");
});

test("what a place sees of the picture grows from layer to layer", () => {
  assert.deepEqual(seenBy(network, 0, 2, 3), { top: 2, left: 3, height: 3, width: 3 });
  assert.deepEqual(seenBy(network, 1, 2, 3), { top: 4, left: 6, height: 4, width: 4 });
  assert.deepEqual(seenBy(network, 2, 2, 3), { top: 4, left: 6, height: 8, width: 8 });
  assert.deepEqual(seenBy(network, 3, 0, 1), { top: 0, left: 4, height: 10, width: 10 });
  const layers = [conv("conv1", [5, 5, 1, 1], noise(25), [0], { padding: "same" })];
  assert.deepEqual(seenBy(readNetwork({ layers }), 0, 0, 27), { top: -2, left: 25, height: 5, width: 5 });
});

test("a filter that is off has the value that the run measured with", () => {
  const off = switchedOff(network, [{ layer: "conv1", index: 2 }, { layer: "conv1", index: 1 }]);
  assert.deepEqual(off, { conv1: { 1: 0.1, 2: 0.2 } });
  assert.deepEqual(switchedOff(network, []), {});
});

test("what becomes of answers is told apart", () => {
  const found = compareAnswers([0, 1, 2, 3], [0, 2, 1, 1], [0, 1, 1, 2]);
  assert.deepEqual(found, { changed: [1, 2, 3], becameWrong: [1], becameRight: [2], wrongOtherwise: [3] });
});

test("what filters do for a class: the probability without each, that first without which least is left", () => {
  const causes = inOrder([0, 1, 2].map((index) => causeOf(network, PICTURE, "conv1", index, 2)));
  assert.deepEqual(causes.map((cause) => cause.index).sort(), [0, 1, 2]);
  for (const { index, without } of causes) {
    const off = answerTo(network, PICTURE, switchedOff(network, [{ layer: "conv1", index }]));
    near(without, off.probabilities[2], "without it");
  }
  const left = causes.map((cause) => cause.without);
  assert.deepEqual(left, [...left].sort((one, other) => one - other));
});

test("a filter counts as a cause from a point of the probability on", () => {
  const causes = [{ index: 4, without: 0.3 }, { index: 1, without: 0.88 }, { index: 0, without: 0.895 }];
  assert.deepEqual(thatCost(causes, 0.9).map(({ index }) => index), [4, 1], "half a point is told as a cause");
  assert.deepEqual(thatCost(causes, 0.2), [], "what only rises without them is no cause");
});
