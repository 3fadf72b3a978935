// The run's networks, read from the page's data and run on a picture. No drawing.

import { floatsOf } from "./bytes.js";
import { connect, convolve, placesOf, pool, relu, softmax } from "./layers.js";

export const SIDE = 28;
export const WHITE = 255;

// A network as the page's data describe it, ready to run.
//
// Returns its layers from input to output: `{kind, name, from, to, ...}`, where `from` and `to` are
// `{side, channels}` of the maps that it reads and gives. Dense layers give maps of one pixel, a channel a unit.
export function readNetwork(described) {
  let from = { side: SIDE, channels: 1 };
  const layers = [];
  for (const one of described.layers) {
    if (one.kind === "flatten") continue; // maps lie in memory as the row of numbers that it makes of them
    const layer = { conv: readConvolution, pool: readPooling, dense: readDense }[one.kind](one, from);
    layers.push(layer);
    from = layer.to;
  }
  return { ...described, layers };
}

function readConvolution(one, from) {
  const [size, , channels, filters] = one.kernel;
  if (channels !== from.channels) throw new Error(`${one.name} reads ${channels} maps of ${from.channels}`);
  const { kind, name, strides = 1 } = one;
  const { zeros, places } = placesOf(from.side, size, strides, one.padding);
  const to = { side: places, channels: filters };
  return { kind, name, size, strides, zeros, from, to, weights: floatsOf(one.weights), bias: floatsOf(one.bias) };
}

function readPooling({ kind, name, way, size }, from) {
  return { kind, name, way, size, from, to: { side: Math.floor(from.side / size), channels: from.channels } };
}

function readDense({ kind, name, units, activation, weights, bias }, from) {
  const to = { side: 1, channels: units };
  return { kind, name, units, activation, from, to, weights: floatsOf(weights), bias: floatsOf(bias) };
}

// All that a network makes of a picture, gray levels 0 to 255 (784).
//
// `off` are filters that are switched off, `{conv1: {37: 0.12}}`: their whole map, after ReLU, is this value.
// Returns of each layer `{before, after}`, its values before and after ReLU or softmax; they are the same of
// a pooling.
export function runNetwork(network, picture, off = {}) {
  let values = Float32Array.from(picture, (level) => level / WHITE);
  return network.layers.map((layer) => {
    const found = runLayer(layer, values);
    if (off[layer.name]) found.after = withoutFilters(found.after, layer.to.channels, off[layer.name]);
    values = found.after;
    return found;
  });
}

function runLayer(layer, values) {
  if (layer.kind === "pool") {
    const pooled = pool(layer, values);
    return { before: pooled, after: pooled };
  }
  const before = layer.kind === "conv" ? convolve(layer, values) : connect(layer, values);
  return { before, after: layer.activation === "softmax" ? softmax(before) : relu(before) };
}

function withoutFilters(maps, channels, off) {
  const changed = Float32Array.from(maps);
  for (const [filter, value] of Object.entries(off)) {
    for (let place = Number(filter); place < changed.length; place += channels) changed[place] = value;
  }
  return changed;
}

// The probabilities at the end of what `runNetwork` gives.
export function probabilitiesOf(values) {
  return values.at(-1).after;
}

// The place of the largest value, of equal ones the first: a network's answer.
export function largestOf(values) {
  return values.reduce((best, value, place) => (value > values[best] ? place : best), 0);
}

// The place of a layer in a network by its name; -1 where it has none.
export function layerNamed(network, name) {
  return network.layers.findIndex((layer) => layer.name === name);
}

// The weights of a filter for one of the maps that it reads, row by row.
export function kernelOf({ size, from, to, weights }, channel, filter) {
  return Array.from({ length: size * size }, (_, cell) => {
    return weights[(cell * from.channels + channel) * to.channels + filter];
  });
}

// One channel of maps, as a map of one channel.
export function channelOf(maps, channels, channel) {
  return Float32Array.from({ length: maps.length / channels }, (_, place) => maps[place * channels + channel]);
}
