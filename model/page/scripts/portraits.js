// What stands for a filter in small: its kernel where it reads the picture, else what excites it most.

import { mapOf, pictureOf } from "./canvas.js";
import { make } from "./elements.js";
import { cutOut } from "./gallery.js";
import { kernelOf, layerNamed } from "./network.js";
import { seenBy } from "./workings.js";

const SCALE = 0.995; // share of a layer's weights that is not beyond full colour
const LIMITS = new WeakMap(); // found once for each layer

// A filter's portrait in at most `room` pixels; a dead one of a deeper layer has none.
export function portraitOf(app, network, layer, { index, strongest }, room) {
  const at = layerNamed(network, layer);
  if (at === 0) {
    const [first] = network.layers;
    return mapOf(kernelOf(first, 0, index), kernelLimit(first), room, first.size[1]);
  }
  const [example] = strongest;
  const levels = example && app.shown.get(example.index);
  if (!levels) return make("span", { class: "live-empty" });
  const seen = seenBy(network, at, example.row, example.column);
  return pictureOf(cutOut(levels, seen), room, seen.width);
}

// The weight that is shown in full colour: one scale for all kernels of a layer, wherever they are shown.
export function kernelLimit(layer) {
  if (!LIMITS.has(layer)) {
    const sizes = Float32Array.from(layer.weights, Math.abs).sort();
    LIMITS.set(layer, sizes[Math.floor(SCALE * (sizes.length - 1))] || 1);
  }
  return LIMITS.get(layer);
}
