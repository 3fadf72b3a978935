// How a single number of a map comes about: its window, products, their sum, activation, pooling. No drawing.

import { activate, coveredBy } from "./layers.js";
import { SIDE, kernelOf, readBy, through } from "./network.js";

const HEAVIEST = 5; // maps that are told one by one; the others are added up

// The arithmetic of one value of a convolution's map.
//
// `place` is `{layer, filter, row, column}`, the layer by its place in the network; `values` are what
// `runNetwork` gave for the picture. Returns
// - `corner` `{top, left, height, width}`: the window in what the layer reads, below 0 in the padding; `beyond`: it holds
//   padding, whose values are 0;
// - `slices`: per map that is read, the heaviest first and at most five, `{channel, window, kernel, products,
//   sum}`, each row by row; `others` `{count, sum}` for the rest;
// - `sum` of all products, `bias`, `linear` (both added), `value` (after its activation), `read` (what the next
//   layer reads of it);
// - `block`: what it competes in, as `blockAt` gives it; null where no pooling follows or leaves it out.
export function workings(network, picture, values, place) {
  const layer = network.layers[place.layer];
  const [corner, maps] = [cornerOf(layer, place), readBy(network, picture, values, place.layer)];
  const slices = Array.from({ length: layer.from.channels }, (_, channel) => {
    return sliceAt(layer, maps, corner, channel, place.filter);
  });
  slices.sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum) || one.channel - other.channel);
  const sum = total(slices.map((slice) => slice.sum));
  const [shown, rest] = [slices.slice(0, HEAVIEST), slices.slice(HEAVIEST)];
  const linear = sum + layer.bias[place.filter];
  const [value] = activate([linear], layer);
  return {
    corner,
    beyond: corner.top < 0 || corner.left < 0 || reachesBeyond(layer, corner),
    slices: shown,
    others: { count: rest.length, sum: total(rest.map((slice) => slice.sum)) },
    sum,
    bias: layer.bias[place.filter],
    linear,
    value,
    read: readOf(layer, value, place.filter),
    block: blockAround(network, values, place),
  };
}

// What the next layer reads of one value of a filter's map.
function readOf({ then, to }, value, filter) {
  const row = new Float32Array(to.channels);
  row[filter] = value;
  return through(then, row)[filter];
}

// The window of a place in what its layer reads.
function cornerOf({ strides, zeros, size: [height, width] }, { row, column }) {
  return { top: row * strides[0] - zeros[0], left: column * strides[1] - zeros[1], height, width };
}

function reachesBeyond({ from }, { top, left, height, width }) {
  return top + height > from.height || left + width > from.width;
}

function sliceAt(layer, maps, { top, left }, channel, filter) {
  const { from, size } = layer;
  const window = [];
  for (let row = 0; row < size[0]; row++) {
    for (let column = 0; column < size[1]; column++) {
      const [down, right] = [top + row, left + column];
      const inside = down >= 0 && right >= 0 && down < from.height && right < from.width;
      window.push(inside ? maps[(down * from.width + right) * from.channels + channel] : 0);
    }
  }
  const kernel = kernelOf(layer, channel, filter);
  const products = window.map((value, cell) => value * kernel[cell]);
  return { channel, window, kernel, products, sum: total(products) };
}

function total(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function blockAround(network, values, { layer, filter, row, column }) {
  const pooling = network.layers[layer + 1];
  if (pooling?.kind !== "pool") return null;
  const [down, right] = [row, column].map((place, axis) => firstBlock(pooling, axis, place));
  return blockAt(network, values, layer + 1, filter, down, right);
}

// The first block of a pooling that a row (or column) falls in; -1 where it falls in none.
function firstBlock(pooling, axis, place) {
  const count = axis === 0 ? pooling.to.height : pooling.to.width;
  return Array.from({ length: count }, (_, block) => coveredBy(pooling, axis, block)).findIndex(({ first, end }) => {
    return first <= place && place < end;
  });
}

// The block of which a pooling leaves one number; null for a place that fills no block.
//
// `row` and `column` are those of the pooled map. Returns `{layer, way, row, column, top, left, height, width,
// values, winner, result}`: `top` and `left` in the map that is pooled, `values` row by row, `winner` the largest's
// place among them, of equal ones the first.
export function blockAt(network, values, layer, filter, row, column) {
  const pooling = network.layers[layer];
  const { way, from, to } = pooling;
  if (row < 0 || column < 0 || row >= to.height || column >= to.width) return null;
  const [rows, columns] = [coveredBy(pooling, 0, row), coveredBy(pooling, 1, column)];
  const [height, width] = [rows.end - rows.first, columns.end - columns.first];
  const maps = values[layer - 1].read;
  const block = [];
  for (let cell = 0; cell < height * width; cell++) {
    const [down, right] = [rows.first + Math.floor(cell / width), columns.first + (cell % width)];
    block.push(maps[(down * from.width + right) * to.channels + filter]);
  }
  const winner = block.indexOf(Math.max(...block));
  const result = way === "max" ? block[winner] : total(block) / block.length;
  return { layer, way, row, column, top: rows.first, left: columns.first, height, width, values: block, winner, result };
}

// Which pixels of the picture one value of a layer's map can see: `{top, left, height, width}`, of its pixels.
//
// With `same` padding, and where it is larger than the picture, it reaches beyond it.
export function seenBy(network, layer, row, column) {
  const spans = [row, column].map((place, axis) => spanOf(network.layers.slice(0, layer + 1), axis, place));
  if (spans.includes(null)) return { top: 0, left: 0, height: SIDE, width: SIDE };
  return { top: spans[0].first, left: spans[1].first, height: spans[0].size, width: spans[1].size };
}

function spanOf(layers, axis, place) {
  let [size, stride, offset] = [1, 1, 0];
  for (const one of layers) {
    if (one.kind === "dense") return null;
    size += (one.size[axis] - 1) * stride;
    offset -= one.zeros[axis] * stride;
    stride *= (one.steps ?? one.strides)[axis];
  }
  return { first: place * stride + offset, size };
}
