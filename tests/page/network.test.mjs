import assert from "node:assert/strict";
import test from "node:test";

import { bytesOf, floatsOf } from "../../model/page/scripts/bytes.js";
import { placesOf } from "../../model/page/scripts/layers.js";
import { largestOf, probabilitiesOf, readNetwork, readNetworks, runNetwork } from "../../model/page/scripts/network.js";
import { conv, dense, inBase64, MIRRORED, noise, PICTURE, pooling, SMALL } from "./networks.mjs";

const near = (found, expected, what) => {
  found.forEach((value, place) => {
    assert.ok(Math.abs(value - expected[place]) < 1e-5, `${what}: ${value} at ${place}, expected ${expected[place]}`);
  });
  assert.equal(found.length, expected.length, what);
};

/** The plainest way to convolve: every place, every filter, every cell. */
function plainly(maps, side, kernel, weights, bias, strides, zeros, places) {
  const [size, , channels, filters] = kernel;
  const found = [];
  for (let place = 0; place < places * places; place++) {
    for (let filter = 0; filter < filters; filter++) {
      let sum = bias[filter];
      for (let cell = 0; cell < size * size * channels; cell++) {
        const [down, rest] = [Math.floor(cell / (size * channels)), cell % (size * channels)];
        const row = Math.floor(place / places) * strides - zeros + down;
        const column = (place % places) * strides - zeros + Math.floor(rest / channels);
        if (row < 0 || column < 0 || row >= side || column >= side) continue;
        sum += maps[(row * side + column) * channels + (rest % channels)] * weights[cell * filters + filter];
      }
      found.push(sum);
    }
  }
  return found;
}

test("numbers in base64 come back", () => {
  assert.deepEqual([...floatsOf(inBase64([0.5, -3, 1e-8]))], [...Float32Array.from([0.5, -3, 1e-8])]);
  assert.deepEqual([...bytesOf(Buffer.from([0, 7, 255]).toString("base64"))], [0, 7, 255]);
});

test("same padding puts an odd zero after, as Keras does", () => {
  assert.deepEqual(placesOf(28, 3, 1, "same"), { zeros: 1, places: 28 });
  assert.deepEqual(placesOf(28, 3, 2, "same"), { zeros: 0, places: 14 }, "one zero in all: it stands after");
  assert.deepEqual(placesOf(28, 4, 1, "same"), { zeros: 1, places: 28 }, "three zeros in all: one before, two after");
  assert.deepEqual(placesOf(28, 3, 2, "valid"), { zeros: 0, places: 13 });
});

for (const [size, strides, padding] of [
  [3, 1, "valid"],
  [3, 1, "same"],
  [5, 1, "same"],
  [3, 2, "valid"],
  [3, 2, "same"],
  [4, 2, "same"],
  [2, 1, "valid"],
]) {
  test(`convolutions of ${size} x ${size}, ${padding}, in steps of ${strides}, one after the other`, () => {
    const [first, second] = [noise(size * size * 3), noise(size * size * 15, 2)];
    const network = readNetwork({
      layers: [
        conv("conv1", [size, size, 1, 3], first, noise(3, 5), { padding, strides }),
        conv("conv2", [size, size, 3, 5], second, noise(5, 6), { padding, strides }),
      ],
    });
    const values = runNetwork(network, PICTURE);
    const one = placesOf(28, size, strides, padding);
    const pixels = Array.from(PICTURE, (level) => level / 255);
    const expected = plainly(pixels, 28, [size, size, 1, 3], first, noise(3, 5), strides, one.zeros, one.places);
    near(values[0].before, expected, "conv1 before ReLU");
    near(values[0].after, expected.map((value) => Math.max(value, 0)), "conv1 after ReLU");
    const two = placesOf(one.places, size, strides, padding);
    near(
      values[1].before,
      plainly(values[0].after, one.places, [size, size, 3, 5], second, noise(5, 6), strides, two.zeros, two.places),
      "conv2 before ReLU",
    );
  });
}

test("pooling leaves the largest or the mean of each block, and a row that fills none out", () => {
  const identity = (way) =>
    readNetwork({ layers: [conv("conv1", [2, 2, 1, 1], [255, 0, 0, 0], [0]), pooling("pool1", way)] });
  const [largest, mean] = ["max", "average"].map((way) => runNetwork(identity(way), PICTURE)[1].after);
  assert.equal(largest.length, 13 * 13, "27 rows make 13 blocks");
  const block = [0, 1, 28, 29].map((pixel) => PICTURE[pixel]);
  near([largest[0]], [Math.max(...block)], "the largest of the first block");
  near([mean[0]], [block.reduce((sum, value) => sum + value) / 4], "the mean of the first block");
  const last = [24, 25].flatMap((row) => [24, 25].map((column) => PICTURE[row * 28 + column]));
  near([largest[168]], [Math.max(...last)], "the largest of the last block");
});

test("a dense network sums all pixels up, and its probabilities add up to 1", () => {
  const layers = [
    { kind: "flatten", name: "flatten" },
    dense("dense1", 2, Array.from({ length: 1568 }, (_, i) => (i % 2 ? -1 : 1))),
    dense("probabilities", 3, [1, 2, 3, 0, 0, 0], "softmax"),
  ];
  const values = runNetwork(readNetwork({ layers }), Uint8Array.of(255, 51, ...Array(782).fill(0)));
  near(values[0].before, [1.2, -1.2], "units before ReLU");
  near(values[0].after, [1.2, 0], "units after ReLU");
  const powers = [1.2, 2.4, 3.6].map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power);
  near(probabilitiesOf(values), powers.map((power) => power / total), "probabilities");
  assert.equal(largestOf(probabilitiesOf(values)), 2);
});

test("of equal probabilities the first is the answer, as NumPy's argmax", () => {
  assert.equal(largestOf(Float32Array.of(0.2, 0.4, 0.4)), 1);
});

test("what is switched off has one value everywhere, and the layers after it read that", () => {
  const network = readNetwork(SMALL);
  const [all, off] = [runNetwork(network, PICTURE), runNetwork(network, PICTURE, { conv1: { 1: 0.25 } })];
  const maps = off[0].after;
  for (let place = 0; place < maps.length / 3; place++) {
    assert.equal(maps[place * 3 + 1], 0.25, "the filter that is off");
    assert.equal(maps[place * 3], all[0].after[place * 3], "a filter that is on");
  }
  assert.equal(off[1].after[1], 0.25, "pooling a map of one value leaves that value");
  assert.notDeepEqual([...off[2].before], [...all[2].before], "the next convolution reads something else");
  assert.deepEqual([...off[0].before], [...all[0].before], "what a filter computes stays to be seen");
});

test("an answer together with the mirror image is that of the mean of both sums, filters off or not", () => {
  const [plain, mirrored] = [readNetwork(SMALL), readNetwork(MIRRORED)];
  const other = PICTURE.map((_, pixel) => PICTURE[28 * Math.floor(pixel / 28) + 27 - (pixel % 28)]);
  for (const off of [{}, { conv1: { 1: 0.25 }, conv2: { 0: 0.5 } }]) {
    const [values, ofIt, ofOther] = [
      runNetwork(mirrored, PICTURE, off),
      runNetwork(plain, PICTURE, off),
      runNetwork(plain, other, off),
    ];
    assert.deepEqual(values.slice(0, 4), ofIt.slice(0, 4), "maps are of the picture as it is");
    const both = [ofIt, ofOther].map((one) => one.at(-1).before);
    near(values.at(-1).before, both[0].map((sum, unit) => (sum + both[1][unit]) / 2), "sums before softmax");
    assert.notDeepEqual([...both[0]], [...both[1]], "the mirror image is another picture");
  }
});

const replaced = (place, layer) => ({ ...SMALL, layers: SMALL.layers.map((one, i) => (i === place ? layer : one)) });
const DAMAGED = {
  "conv2 reads 4 maps of 3": replaced(2, conv("conv2", [3, 3, 4, 5], noise(180), noise(5))),
  "conv1 has 26 weights and 3 biases, where 27 and 3 fit": replaced(0, conv("conv1", [3, 3, 1, 3], noise(26), [0, 0, 0])),
  "conv1 has 27 weights and 1 biases, where 27 and 3 fit": replaced(0, conv("conv1", [3, 3, 1, 3], noise(27), [0])),
  "probabilities has 496 weights and 4 biases, where 500 and 4 fit": replaced(5, dense("probabilities", 4, noise(496), "softmax")),
  "pool2 is a layer of no known kind": replaced(3, { ...pooling("pool2", "max"), kind: "toString" }),
  "nothing is left of a picture after pool1": replaced(1, { ...pooling("pool1", "max"), size: 99 }),
  "it does not end with the probabilities of 4 classes": replaced(5, dense("probabilities", 4, noise(500))),
  "the scale of conv2's maps is missing": { ...SMALL, limits: { conv1: 1 } },
};

for (const [complaint, damaged] of Object.entries(DAMAGED)) {
  test(`a network of which ${complaint} costs itself alone`, () => {
    const { networks, faults } = readNetworks({ damaged, whole: SMALL }, 4);
    assert.deepEqual(Object.keys(networks), ["whole"]);
    assert.deepEqual(faults, { damaged: `what this page holds of it is damaged: ${complaint}` });
  });
}

test("what is no description of a network costs itself alone, too", () => {
  const text = replaced(0, { ...SMALL.layers[0], weights: "%%%" });
  for (const damaged of [null, 7, {}, { layers: [null] }, { layers: [{ kind: "conv", name: "conv1" }] }, text]) {
    const { networks, faults } = readNetworks({ damaged, whole: SMALL }, 4);
    assert.deepEqual(Object.keys(networks), ["whole"]);
    assert.deepEqual(faults, { damaged: "what this page holds of it is damaged" });
  }
});
