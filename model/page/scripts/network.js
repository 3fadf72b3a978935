// The run's networks, read from the page's data and run on a picture. No drawing.

import { floatsOf } from "./bytes.js";
import { activate, connect, convolve, placesOf, pool, rescale } from "./layers.js";

export const SIDE = 28;
export const WHITE = 255;

const READERS = { conv: readConvolution, pool: readPooling, dense: readDense, mirror_mean: readMirrorMean };
const pairOf = (sides) => (Array.isArray(sides) ? sides : [sides, sides]); // of rows and columns

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
// Returns its layers from input to output: `{kind, name, from, to, then, ...}`, where `from` and `to` are
// `{height, width, channels}` of the maps that it reads and gives. Dense layers give maps of one pixel, a channel
// a unit. `then` are the steps, each channel by itself, between what a layer gives and what the next one reads;
// `front` those between the picture and the first layer.
// Throws an error that says what does not fit together.
export function readNetwork(described) {
  let from = { height: SIDE, width: SIDE, channels: 1 };
  const [layers, front] = [[], []];
  for (const one of described.layers) {
    if (one.kind === "flatten") continue; // maps lie in memory as the row of numbers that it makes of them
    if (one.kind === "scale" || one.kind === "activate") {
      (layers.at(-1)?.then ?? front).push(readStep(one));
      continue;
    }
    if (!Object.hasOwn(READERS, one.kind)) throw new Error(`${one.name} is a layer of no known kind`);
    const layer = { ...READERS[one.kind](one, from), then: [] };
    if (!(layer.to.height > 0 && layer.to.width > 0)) throw new Error(`nothing is left of a picture after ${one.name}`);
    layers.push(layer);
    from = layer.to;
  }
  return { ...described, layers, front };
}

function readStep({ kind, name, activation, slope, scale, shift }) {
  if (kind === "activate") return { kind, name, activation, slope };
  return { kind, name, scale: floatsOf(scale), shift: floatsOf(shift) };
}

// How a window of `size` moves over maps: where it begins, and the maps that it leaves.
function slide(from, size, steps, padding, channels) {
  const [rows, columns] = [from.height, from.width].map((side, axis) => placesOf(side, size[axis], steps[axis], padding));
  return { zeros: [rows.zeros, columns.zeros], to: { height: rows.places, width: columns.places, channels } };
}

function readConvolution(one, from) {
  const [height, width, channels, filters] = one.kernel;
  if (channels !== from.channels) throw new Error(`${one.name} reads ${channels} maps of ${from.channels}`);
  const { kind, name, activation, slope } = one;
  const [size, strides] = [[height, width], pairOf(one.strides ?? 1)];
  const form = { size, strides, ...slide(from, size, strides, one.padding, filters) };
  return { kind, name, activation, slope, ...form, from, ...numbersOf(one, height * width * channels, filters) };
}

function readPooling({ kind, name, way, size, strides, padding }, from) {
  const [sides, steps] = [pairOf(size), pairOf(strides ?? size)];
  return { kind, name, way, size: sides, steps, from, ...slide(from, sides, steps, padding, from.channels) };
}

function readDense(one, from) {
  const { kind, name, units, activation, slope } = one;
  const to = { height: 1, width: 1, channels: units };
  const inputs = from.height * from.width * from.channels;
  return { kind, name, units, activation, slope, from, to, ...numbersOf(one, inputs, units) };
}

function readMirrorMean({ kind, name }, from) {
  return { kind, name, from, to: from };
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
// `off` are filters that are switched off, `{conv1: {37: 0.12}}`: their whole map, after its activation, is this
// value. Returns of each layer `{before, after, read}`, its values before and after its activation or softmax,
// which are the same of a pooling, and what the next layer reads of them. They are of the picture as it is, but for
// a `mirror_mean` and what comes after it: that is the mean with what the same layers make of the mirror image.
export function runNetwork(network, picture, off = {}) {
  const values = [];
  for (const [place, layer] of network.layers.entries()) {
    const read = readBy(network, picture, values, place);
    const isMean = layer.kind === "mirror_mean";
    const found = isMean ? withMirrorImage(network, place, picture, off, read) : runLayer(layer, read);
    if (off[layer.name]) found.after = withoutFilters(found.after, layer.to.channels, off[layer.name]);
    found.read = through(layer.then, found.after);
    values.push(found);
  }
  return values;
}

// What a layer reads: the picture with levels of 0 to 1, or what the layer before gives.
export function readBy(network, picture, values, layer) {
  return layer === 0 ? pixelsRead(network, picture) : values[layer - 1].read;
}

// What the first layer reads of a picture.
export function pixelsRead({ front = [] }, picture) {
  return through(front, Float32Array.from(picture, (level) => level / WHITE));
}

// What some steps make of values.
export function through(steps, values) {
  return steps.reduce((now, step) => (step.kind === "scale" ? rescale(now, step) : activate(now, step)), values);
}

// The mean of what the layer at a place reads of a picture, and what it reads of the mirror image.
function withMirrorImage(network, place, picture, off, read) {
  const [before, mirrored] = [network.layers.slice(0, place), mirrorImage(picture)];
  const other = readBy(network, mirrored, runNetwork({ ...network, layers: before }, mirrored, off), place);
  const mean = read.map((value, number) => (value + other[number]) / 2);
  return { before: mean, after: mean };
}

// A picture, gray levels (784), with left and right exchanged.
export function mirrorImage(picture) {
  return picture.map((_, pixel) => picture[pixel - (pixel % SIDE) + SIDE - 1 - (pixel % SIDE)]);
}

function runLayer(layer, values) {
  if (layer.kind === "pool") {
    const pooled = pool(layer, values);
    return { before: pooled, after: pooled };
  }
  const before = layer.kind === "conv" ? convolve(layer, values) : connect(layer, values);
  return { before, after: activate(before, layer) };
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
  return Array.from({ length: size[0] * size[1] }, (_, cell) => {
    return weights[(cell * from.channels + channel) * to.channels + filter];
  });
}

// One channel of maps, as a map of one channel.
export function channelOf(maps, channels, channel) {
  return Float32Array.from({ length: maps.length / channels }, (_, place) => maps[place * channels + channel]);
}
