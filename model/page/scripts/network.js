// The run's networks, read from the page's data and run on a picture. No drawing.

import { floatsOf } from "./bytes.js";
import { connect, convolve, placesOf, pool, relu, softmax } from "./layers.js";

export const SIDE = 28;
export const WHITE = 255;

const READERS = { conv: readConvolution, pool: readPooling, dense: readDense };

// The networks of the page's data, by name: those that can be run, and of the others what is wrong with them.
export function readNetworks(described, numClasses) {
  const [networks, faults] = [{}, {}];
  for (const [name, one] of Object.entries(described)) {
    try {
      networks[name] = { ...whole(readNetwork(one), numClasses), name };
    } catch (error) {
      const why = error.constructor === Error ? `: ${error.message}` : ""; // what the browser says is no help
      faults[name] = `what this page holds of it is damaged${why}`;
    }
  }
  return { networks, faults };
}

// A network, if it has all that the page asks of it.
function whole(network, numClasses) {
  const last = network.layers.at(-1);
  if (last?.activation !== "softmax" || last.to.channels !== numClasses) {
    throw new Error(`it does not end with the probabilities of ${numClasses} classes`);
  }
  const bare = network.layers.find(({ kind, name }) => kind === "conv" && !(network.limits?.[name] > 0));
  if (bare) throw new Error(`the scale of ${bare.name}'s maps is missing`);
  return network;
}

// A network as the page's data describe it, ready to run.
//
// Returns its layers from input to output: `{kind, name, from, to, ...}`, where `from` and `to` are
// `{side, channels}` of the maps that it reads and gives. Dense layers give maps of one pixel, a channel a unit.
// Throws an error that says what does not fit together.
export function readNetwork(described) {
  let from = { side: SIDE, channels: 1 };
  const layers = [];
  for (const one of described.layers) {
    if (one.kind === "flatten") continue; // maps lie in memory as the row of numbers that it makes of them
    if (!Object.hasOwn(READERS, one.kind)) throw new Error(`${one.name} is a layer of no known kind`);
    const layer = READERS[one.kind](one, from);
    if (!(layer.to.side > 0)) throw new Error(`nothing is left of a picture after ${one.name}`);
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
  return { kind, name, size, strides, zeros, from, to, ...numbersOf(one, size * size * channels, filters) };
}

function readPooling({ kind, name, way, size }, from) {
  return { kind, name, way, size, from, to: { side: Math.floor(from.side / size), channels: from.channels } };
}

function readDense(one, from) {
  const { kind, name, units, activation } = one;
  const to = { side: 1, channels: units };
  return { kind, name, units, activation, from, to, ...numbersOf(one, from.side ** 2 * from.channels, units) };
}

// The weights and the bias of a layer whose every unit reads `inputs` numbers.
function numbersOf({ name, ...texts }, inputs, units) {
  const [weights, bias] = [floatsOf(texts.weights), floatsOf(texts.bias)];
  const given = `${name} has ${weights.length} weights and ${bias.length} biases`;
  if (weights.length === inputs * units && bias.length === units) return { weights, bias };
  throw new Error(`${given}, where ${inputs * units} and ${units} fit`);
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
