import assert from "node:assert/strict";
import test from "node:test";

import {
  HORIZONTAL,
  PATCH,
  VERTICAL,
  WORKED,
  correlate,
  cutOff,
  drawnLines,
  meanResponse,
  poolBlocks,
  productsOf,
  rowsOf,
  typedNumber,
  windowOf,
} from "../../model/page/scripts/lesson.js";
import { PICTURE } from "./networks.mjs";

test("577, product by product", () => {
  const { products, sum } = productsOf(windowOf(PATCH, 0, 0, 3), WORKED);
  assert.deepEqual(products, [[0, 0, -256], [24, 864, -216], [213, 452, -504]]);
  assert.ok(!products.flat().some((product) => Object.is(product, -0)), "no product is written as -0");
  assert.equal(sum, 577);
});

test("the filter at all four places that it fits, and the largest of them", () => {
  const found = correlate(PATCH, WORKED);
  assert.deepEqual(found, [[577, 883], [882.5, 197]]);
  assert.equal(poolBlocks(found)[0][0].largest, 883);
});

test("pooling of sixteen numbers, largest and mean; of equal ones the first", () => {
  const blocks = poolBlocks(PATCH);
  assert.deepEqual(blocks.map((row) => row.map((block) => block.largest)), [[192, 144], [255, 168]]);
  assert.deepEqual(blocks.map((row) => row.map((block) => block.mean)), [[76, 136], [155.75, 58]]);
  assert.deepEqual(blocks.map((row) => row.map((block) => block.winner)), [[3, 2], [2, 0]]);
  assert.equal(poolBlocks([[1, 2, 9], [3, 4, 9], [9, 9, 9]]).length, 1, "the last row fills no block");
});

test("each of the two filters sees its own lines, and nothing of the others", () => {
  const [upright, flat] = [drawnLines("vertical"), drawnLines("horizontal")];
  assert.ok(Math.abs(meanResponse(correlate(upright, VERTICAL)) - 470.77) < 0.01);
  assert.equal(meanResponse(correlate(upright, HORIZONTAL)), 0);
  assert.ok(Math.abs(meanResponse(correlate(flat, HORIZONTAL)) - 470.77) < 0.01);
  assert.equal(meanResponse(correlate(flat, VERTICAL)), 0);
  assert.equal(Math.max(...correlate(upright, VERTICAL).flat()), 1020, "the most that it can give");
});

test("ReLU keeps what is above 0", () => {
  assert.deepEqual(cutOff([[-2, 0, 3.5]]), [[0, 0, 3.5]]);
});

test("a picture as rows", () => {
  const rows = rowsOf(PICTURE);
  assert.equal(rows.length, 28);
  assert.equal(rows[3][5], PICTURE[3 * 28 + 5]);
});

test("weights as people type them", () => {
  for (const [text, number] of [["-1.5", -1.5], ["−1,5", -1.5], [" 2 ", 2], ["+.5", 0.5], ["3.", 3], ["1000", 1000]]) {
    assert.equal(typedNumber(text), number, text);
  }
  for (const text of ["", "-", "1e3", "0x10", "NaN", "1 2", "1001", "1.2.3", "<b>"]) {
    assert.equal(typedNumber(text), null, text);
  }
});
