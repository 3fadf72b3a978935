// How a single number of a map comes about: its window, the products, their sum, ReLU and pooling. No drawing.

import { SIDE, WHITE, kernelOf } from "./network.js";

const HEAVIEST = 5; // maps that are told one by one; the others are added up

// The arithmetic of one value of a convolution's map.
//
// `place` is `{layer, filter, row, column}`, the layer by its place in the network; `values` are what
// `runNetwork` gave for the picture. Returns
// - `corner` `{top, left, size}`: the window in what the layer reads, below 0 in the padding; `beyond`: it holds
//   padding, whose values are 0;
// - `slices`: per map that is read, the heaviest first and at most five, `{channel, window, kernel, products,
//   sum}`, each row by row; `others` `{count, sum}` for the rest;
// - `sum` of all products, `bias`, `linear` (both added), `value` (after ReLU);
// - `block`: what it competes in, as `blockAt` gives it; null where no pooling follows or leaves it out.
export function workings(network, picture, values, place) {
  const layer = network.layers[place.layer];
  const [corner, maps] = [cornerOf(layer, place), readBy(picture, values, place.layer)];
  const slices = Array.from({ length: layer.from.channels }, (_, channel) => {
    return sliceAt(layer, maps, corner, channel, place.filter);
  });
  slices.sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum) || one.channel - other.channel);
  const sum = total(slices.map((slice) => slice.sum));
  const [shown, rest] = [slices.slice(0, HEAVIEST), slices.slice(HEAVIEST)];
  const linear = sum + layer.bias[place.filter];
  return {
    corner,
    beyond: corner.top < 0 || corner.left < 0 || reachesBeyond(layer, corner),
    slices: shown,
    others: { count: rest.length, sum: total(rest.map((slice) => slice.sum)) },
    sum,
    bias: layer.bias[place.filter],
    linear,
    value: Math.max(linear, 0),
    block: blockAround(network, values, place),
  };
}

// The window of a place in what its layer reads.
function cornerOf({ strides, zeros, size }, { row, column }) {
  return { top: row * strides - zeros, left: column * strides - zeros, size };
}

function reachesBeyond({ from, size }, { top, left }) {
  return top + size > from.side || left + size > from.side;
}

// What a layer reads: the picture with levels of 0 to 1, or what the layer before gives.
export function readBy(picture, values, layer) {
  return layer === 0 ? Float32Array.from(picture, (level) => level / WHITE) : values[layer - 1].after;
}

function sliceAt(layer, maps, { top, left }, channel, filter) {
  const { from, size } = layer;
  const window = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [down, right] = [top + row, left + column];
      const inside = down >= 0 && right >= 0 && down < from.side && right < from.side;
      window.push(inside ? maps[(down * from.side + right) * from.channels + channel] : 0);
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
  const [down, right] = [row, column].map((place) => Math.floor(place / pooling.size));
  return blockAt(network, values, layer + 1, filter, down, right);
}

// The block of which a pooling leaves one number; null for a place that fills no block.
//
// `row` and `column` are those of the pooled map. Returns `{layer, way, row, column, top, left, size, values,
// winner, result}`: `top` and `left` in the map that is pooled, `values` row by row, `winner` the largest's
// place among them, of equal ones the first.
export function blockAt(network, values, layer, filter, row, column) {
  const { way, size, to } = network.layers[layer];
  if (row >= to.side || column >= to.side) return null;
  const [top, left] = [row * size, column * size];
  const side = network.layers[layer].from.side;
  const maps = values[layer - 1].after;
  const block = [];
  for (let cell = 0; cell < size * size; cell++) {
    const [down, right] = [top + Math.floor(cell / size), left + (cell % size)];
    block.push(maps[(down * side + right) * to.channels + filter]);
  }
  const winner = block.indexOf(Math.max(...block));
  const result = way === "max" ? block[winner] : total(block) / block.length;
  return { layer, way, row, column, top, left, size, values: block, winner, result };
}

// Which pixels of the picture one value of a layer's map can see: `{top, left, size}`, of pixels of the picture.
//
// With `same` padding, and where it is larger than the picture, it reaches beyond it.
export function seenBy(network, layer, row, column) {
  let [size, stride, offset] = [1, 1, 0];
  for (const one of network.layers.slice(0, layer + 1)) {
    if (one.kind === "dense") return { top: 0, left: 0, size: SIDE };
    const steps = one.kind === "pool" ? one.size : one.strides;
    size += (one.size - 1) * stride;
    offset -= (one.zeros ?? 0) * stride;
    stride *= steps;
  }
  return { top: row * stride + offset, left: column * stride + offset, size };
}
